import {
  Kind,
  parse,
  print,
  validate,
  visit,
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { ClientOperation } from './generate-operation.ts'

type Candidate = Readonly<{ document: DocumentNode; text: string; variables: ClientOperation['variables'] }>

const replaced = (document: DocumentNode, target: ASTNode, by: ASTNode | null): DocumentNode =>
  visit(document, { enter: node => (node === target ? by : undefined) })

/** Drops fragments and variables that nothing uses any more, and what was emptied. */
const tidied = (document: DocumentNode): DocumentNode => {
  const text = print(document)
  const spread = new Set([...text.matchAll(/\.\.\.(?!on\b)\s*(\w+)/g)].map(match => match[1]))
  const used = new Set([...text.matchAll(/\$(\w+)(?!\w*: )/g)].map(match => match[1]))
  return visit(document, {
    FragmentDefinition: node => (spread.has(node.name.value) ? undefined : null),
    VariableDefinition: node => (used.has(node.variable.name.value) ? undefined : null),
    SelectionSet: {
      leave: node =>
        node.selections.length > 0
          ? undefined
          : { ...node, selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }] },
    },
  })
}

const withoutAlias = ({ alias: _alias, ...field }: FieldNode): FieldNode => field

/** A selection set with a fragment's content in its place. */
const unwrapped = (set: SelectionSetNode, at: number, inner: SelectionSetNode): SelectionSetNode => ({
  ...set,
  selections: [...set.selections.slice(0, at), ...inner.selections, ...set.selections.slice(at + 1)],
})

/** Smaller operations, the boldest steps first. */
function* smaller(document: DocumentNode): Generator<DocumentNode> {
  const sets: SelectionSetNode[] = []
  visit(document, { SelectionSet: node => void sets.push(node) })
  const selections: SelectionNode[] = sets.flatMap(set => set.selections)
  for (const selection of selections) yield replaced(document, selection, null)
  for (const set of sets) {
    for (const [at, selection] of set.selections.entries()) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        yield replaced(document, set, unwrapped(set, at, selection.selectionSet))
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = document.definitions.find(
          node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
        )
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) continue
        const { typeCondition, selectionSet } = fragment
        yield replaced(document, selection, { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet })
      }
    }
  }
  for (const selection of selections) {
    for (const directive of selection.directives ?? []) yield replaced(document, directive, null)
    if (selection.kind !== Kind.FIELD) continue
    if (selection.alias !== undefined) yield replaced(document, selection, withoutAlias(selection))
    for (const argument of selection.arguments ?? []) yield replaced(document, argument, null)
  }
}

const candidateOf = (schema: GraphQLSchema, document: DocumentNode, operation: ClientOperation) => {
  const text = print(tidied(tidied(document)))
  const tidy = parse(text)
  if (validate(schema, tidy, undefined, { maxErrors: 1 }).length > 0) return undefined
  const variables = Object.fromEntries(
    Object.entries(operation.variables).filter(([name]) => new RegExp(`\\$${name}\\b`).test(text)),
  )
  return { document: tidy, text, variables }
}

/**
 * Makes an operation as small as it gets while it still shows what is wrong.
 * @param shows  whether an operation does
 */
export const shrink = async (
  schema: GraphQLSchema,
  operation: ClientOperation,
  shows: (candidate: Candidate) => Promise<boolean>,
  maxTries = 600,
): Promise<ClientOperation> => {
  let best: ClientOperation = operation
  let left = maxTries
  for (let improved = true; improved && left > 0;) {
    improved = false
    for (const document of smaller(parse(best.text))) {
      const candidate = candidateOf(schema, document, best)
      if (candidate === undefined || candidate.text.length >= print(parse(best.text)).length) continue
      left -= 1
      if (left <= 0) break
      if (!(await shows(candidate))) continue
      best = { text: candidate.text, variables: candidate.variables }
      improved = true
      break
    }
  }
  return best
}
