import { Kind, visit, type ConstDirectiveNode, type DocumentNode } from 'graphql'
import { argumentOf, directivesNamed, textArgument, textOf } from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'

/** Names that matter to the planner, see Supergraph. */
export type PlannerNames = Readonly<{
  plannerNames: ReadonlySet<string>
  requiredWithArguments: ReadonlySet<string>
  overrideLabels: readonly string[]
}>

/** `contextArguments: [{ selection: "{ prop }" }]` */
export const contextSelections = (joinField: ConstDirectiveNode): readonly string[] => {
  const list = argumentOf(joinField, 'contextArguments')
  if (list?.kind !== Kind.LIST) return []
  return list.values.flatMap(value => {
    if (value.kind !== Kind.OBJECT) return []
    const selection = textOf(value.fields.find(({ name }) => name.value === 'selection')?.value)
    return selection === undefined ? [] : [selection]
  })
}

/** Puts the response names of a field set into `names`, at any depth. */
const readFieldSet = (text: string, names: Set<string>, withArguments: Set<string>): void => {
  if (/^\w+$/.test(text)) {
    names.add(text)
    return
  }
  visit(parseFieldSet(text), {
    Field: ({ name, alias, arguments: given }) => {
      names.add(name.value)
      if (alias !== undefined) names.add(alias.value)
      if (given !== undefined && given.length > 0) withArguments.add(name.value)
    },
  })
}

/**
 * What the planner may select by itself, to represent entities, to fulfil `@requires` and `@provides`, and to fill
 * arguments from a context.
 * @param join  what the join specification is called in the supergraph
 */
export const readPlannerNames = (document: DocumentNode, join: string): PlannerNames => {
  const fieldSets = new Set<string>()
  const labels = new Set<string>()
  const add = (set: Set<string>, text: string | undefined): void => {
    if (text !== undefined) set.add(text)
  }
  for (const type of typesOf(document)) {
    for (const joinType of directivesNamed(type, `${join}__type`))
      add(fieldSets, textArgument(joinType, 'key'))
    for (const field of outputFieldsOf(type)) {
      for (const joinField of directivesNamed(field, `${join}__field`)) {
        add(fieldSets, textArgument(joinField, 'requires'))
        add(fieldSets, textArgument(joinField, 'provides'))
        add(labels, textArgument(joinField, 'overrideLabel'))
        for (const selection of contextSelections(joinField)) fieldSets.add(selection)
      }
    }
  }
  const plannerNames = new Set(['__typename'])
  const requiredWithArguments = new Set<string>()
  for (const text of fieldSets) readFieldSet(text, plannerNames, requiredWithArguments)
  return Object.freeze({
    plannerNames,
    requiredWithArguments,
    overrideLabels: Object.freeze([...labels].toSorted()),
  })
}
