import { Kind, type FieldNode } from 'graphql'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { emptySelectionName } from './rewrite-selections.ts'

type NamesOfPlanner = Pick<Supergraph, 'plannerNames' | 'requiredWithArguments'>

/** How fields are called while they are planned and fetched. */
export type ResponseNames = Readonly<{
  rename: (node: FieldNode) => FieldNode
  clientName: (responseName: string) => string
}>

/**
 * What `@apollo/query-planner` makes itself: an alias where fields do not merge, a variable from a context; and what
 * fields are called that it knows twice (supergraph/stand-ins.ts).
 */
const madeByPlanner = /__alias_\d+$|^contextualArgument_|__required_\d+$/

const responseNameOf = (node: FieldNode): string => node.alias?.value ?? node.name.value

/**
 * Would the planner's own selection of the same name get another value, or the client's get the planner's? The answer
 * depends on names and on the presence of arguments: fields that must merge are renamed alike.
 */
const clashes = (node: FieldNode, { plannerNames, requiredWithArguments }: NamesOfPlanner): boolean => {
  const name = responseNameOf(node)
  if (name !== node.name.value) {
    return plannerNames.has(name) || name === emptySelectionName || madeByPlanner.test(name)
  }
  if (requiredWithArguments.has(name)) return true
  return plannerNames.has(name) && node.arguments !== undefined && node.arguments.length > 0
}

/** `__client`, or with a number, so that no name ends with it, nor with it and a number of a sibling. */
const freeSuffix = (names: Iterable<string>): string => {
  const taken = new Set<string>()
  for (const name of names) {
    const [, suffix] = /(__client\d*)(?:_\d+)?$/.exec(name) ?? []
    if (suffix !== undefined) taken.add(suffix)
  }
  let suffix = '__client'
  for (let number = 2; taken.has(suffix); number += 1) suffix = `__client${number}`
  return suffix
}

const unchanged: ResponseNames = Object.freeze({ rename: node => node, clientName: name => name })

/**
 * Chooses names for the fields of an operation that the planner's own cannot clash with, nor they with each other.
 * @param fields     all that the operation reaches
 * @param siblingOf  see sibling-conflicts.ts
 */
export const responseNames = (
  fields: readonly FieldNode[],
  supergraph: NamesOfPlanner,
  siblingOf: (node: FieldNode) => number,
): ResponseNames => {
  if (!fields.some(node => siblingOf(node) > 0 || clashes(node, supergraph))) return unchanged
  const suffix = freeSuffix([...fields.map(responseNameOf), ...supergraph.plannerNames])
  const renamed = new RegExp(`${suffix}(?:_\\d+)?$`)
  return Object.freeze({
    rename: node => {
      const sibling = siblingOf(node)
      if (sibling === 0 && !clashes(node, supergraph)) return node
      const value = `${responseNameOf(node)}${suffix}${sibling === 0 ? '' : `_${sibling}`}`
      return { ...node, alias: { ...node.alias, kind: Kind.NAME, value } }
    },
    clientName: name => name.replace(renamed, ''),
  })
}
