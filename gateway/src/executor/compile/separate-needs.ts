import {
  Kind,
  parse,
  print,
  visit,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { FetchNode, PlanSelection } from '../../planner/query-plan.ts'
import { fieldTree, unionOf, type FieldTree } from '../../supergraph/field-tree.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'

type Known = Pick<Supergraph, 'fieldIn' | 'keysIn' | 'standIns'>

/** Fields of one fetch that can be asked for with one representation. */
type Group = { need: FieldTree; readonly fields: Set<FieldNode> }

type Entities = Readonly<{ operation: OperationDefinitionNode; field: FieldNode; set: SelectionSetNode }>

const entitiesIn = (text: string): Entities | undefined => {
  const { definitions } = parse(text, { noLocation: true })
  const [operation] = definitions
  if (definitions.length > 1 || operation?.kind !== Kind.OPERATION_DEFINITION) return undefined
  const [field] = operation.selectionSet.selections
  if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) return undefined
  return { operation, field, set: field.selectionSet }
}

const visitFields = (
  { selections }: SelectionSetNode,
  type: string | undefined,
  found: (node: FieldNode, type: string) => void,
): void => {
  for (const node of selections) {
    if (node.kind === Kind.FIELD && type !== undefined) found(node, type)
    if (node.kind === Kind.INLINE_FRAGMENT) {
      visitFields(node.selectionSet, node.typeCondition?.name.value ?? type, found)
    }
  }
}

const isEmpty = (tree: FieldTree): boolean => tree.size === 0

const isSame = (one: FieldTree, other: FieldTree): boolean =>
  one.size === other.size &&
  [...one].every(([name, below]) => {
    const same = other.get(name)
    return same !== undefined && isSame(below, same)
  })

/** Do they need different values for what a subgraph knows by one name? */
const clash = (one: FieldTree, other: FieldTree, { standIns }: Pick<Known, 'standIns'>): boolean => {
  const written = (name: string): string => standIns.get(name)?.field ?? name
  return [...one].some(([name, below]) =>
    [...other].some(
      ([otherName, otherBelow]) =>
        written(name) === written(otherName) &&
        (name !== otherName || clash(below, otherBelow, { standIns })),
    ),
  )
}

const groupsOf = (
  set: SelectionSetNode,
  { serviceName }: FetchNode,
  known: Known,
  apart: boolean,
): readonly Group[] => {
  const groups: Group[] = []
  const fits = (group: Group, need: FieldTree): boolean =>
    apart ? isSame(group.need, need) : !clash(group.need, need, known)
  visitFields(set, undefined, (node, type) => {
    if (node.name.value === '__typename') return
    const requires = known.fieldIn(serviceName, type, node.name.value)?.requires
    const need: FieldTree = requires === undefined ? new Map() : fieldTree(requires)
    const group = groups.find(each => fits(each, need))
    if (group === undefined) groups.push({ need, fields: new Set([node]) })
    else {
      group.fields.add(node)
      group.need = unionOf([group.need, need])
    }
  })
  return groups
}

/** Without what only other fields need. */
const trim = (
  selections: readonly PlanSelection[],
  own: FieldTree,
  foreign: FieldTree,
): readonly PlanSelection[] =>
  selections.flatMap((node): readonly PlanSelection[] => {
    if (node.kind === 'InlineFragment') {
      const rest = trim(node.selections, own, foreign)
      return rest.length === 0 ? [] : [{ ...node, selections: rest }]
    }
    const [mine, theirs] = [own.get(node.name), foreign.get(node.name)]
    if (theirs === undefined) return [node]
    if (mine === undefined) return []
    return node.selections === undefined
      ? [node]
      : [{ ...node, selections: trim(node.selections, mine, theirs) }]
  })

/** `__typename` goes along everywhere. */
const setFor = (node: SelectionSetNode, fields: ReadonlySet<FieldNode>): SelectionSetNode | undefined => {
  const selections = node.selections.flatMap((each): readonly SelectionNode[] => {
    if (each.kind === Kind.FIELD) {
      return fields.has(each) || each.name.value === '__typename' ? [each] : []
    }
    if (each.kind !== Kind.INLINE_FRAGMENT) return [each]
    const selectionSet = setFor(each.selectionSet, fields)
    return selectionSet === undefined ? [] : [{ ...each, selectionSet }]
  })
  return selections.length === 0 ? undefined : { ...node, selections }
}

/** A fetch of a part of what `node` fetches, with the variables that are used in it. */
const partOf = (
  node: FetchNode,
  operation: OperationDefinitionNode,
  requires: readonly PlanSelection[],
): FetchNode => {
  const used = new Set<string>()
  visit(operation.selectionSet, {
    Variable: ({ name }) => {
      used.add(name.value)
    },
  })
  const { variableUsages, contextRewrites } = node
  const variableDefinitions = operation.variableDefinitions?.filter(each =>
    used.has(each.variable.name.value),
  )
  return {
    ...node,
    operation: print({ ...operation, ...(variableDefinitions && { variableDefinitions }) }),
    requires,
    ...(variableUsages && { variableUsages: variableUsages.filter(name => used.has(name)) }),
    ...(contextRewrites && {
      contextRewrites: contextRewrites.filter(({ renameKeyTo }) => used.has(renameKeyTo)),
    }),
  }
}

/**
 * Splits a fetch of entities whose fields need different things (`@requires`).
 * @param apart  fields that need different things go apart; else only those that need different values of one field
 * @returns one fetch or more, for the same places
 */
export const separateNeeds = (node: FetchNode, known: Known, apart: boolean): readonly FetchNode[] => {
  const entities = node.requires === undefined ? undefined : entitiesIn(node.operation)
  if (entities === undefined) return [node]
  const { operation, field, set } = entities
  const groups = groupsOf(set, node, known, apart)
  if (groups.length < 2) return [node]
  const types = new Set<string>()
  visitFields(set, undefined, (_field, type) => {
    types.add(type)
  })
  const keys = unionOf(
    [...types].flatMap(type => known.keysIn(node.serviceName, type).map(key => fieldTree(key.fields))),
  )
  return groups.map(group => {
    const others = groups.filter(each => each !== group && !isEmpty(each.need)).map(({ need }) => need)
    const own = unionOf([keys, group.need])
    const selectionSet = setFor(set, group.fields) ?? set
    const part = { ...operation.selectionSet, selections: [{ ...field, selectionSet }] }
    return partOf(node, { ...operation, selectionSet: part }, trim(node.requires ?? [], own, unionOf(others)))
  })
}
