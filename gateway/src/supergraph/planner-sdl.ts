import { parse, type ConstDirectiveNode, type DocumentNode } from 'graphql'
import { directivesNamed, isArgumentFalse, textArgument } from './directive-arguments.ts'
import { externalFields, type SelectsExternal } from './external-fields.ts'
import { typesOf } from './sdl-types.ts'
import { standInEdits, type Edit } from './stand-in-edits.ts'
import type { StandIns } from './stand-ins.ts'

/** One `@join__type(graph:, key:)`. */
type Key = Readonly<{
  type: string
  graph: string
  key: string
  isResolvable: boolean
  directive: ConstDirectiveNode
}>

const keysOf = (document: DocumentNode, join: string): readonly Key[] =>
  typesOf(document).flatMap(type =>
    directivesNamed(type, `${join}__type`).flatMap(directive => {
      const [graph, key] = [textArgument(directive, 'graph'), textArgument(directive, 'key')]
      if (graph === undefined || key === undefined) return []
      const isResolvable = !isArgumentFalse(directive, 'resolvable')
      return [{ type: type.name.value, graph, key, isResolvable, directive }]
    }),
  )

const isLocal =
  (selectsExternal: SelectsExternal) =>
  ({ type, graph, key }: Key): boolean =>
    !selectsExternal(type, graph, key)

/** Unresolvable keys that the planner could come back by, of types that have a resolvable one to come back by instead. */
const keysToDrop = (document: DocumentNode, join: string): readonly ConstDirectiveNode[] => {
  const keys = keysOf(document, join)
  const place = ({ type, graph }: Key): string => `${type} ${graph}`
  const unresolvable = new Set(keys.filter(({ isResolvable }) => !isResolvable).map(place))
  const resolvable = keys.filter(key => key.isResolvable && unresolvable.has(place(key)))
  if (resolvable.length === 0) return []
  // The planner comes back by keys of local fields only; to drop one of others would leave an @external without use.
  const local = isLocal(externalFields(document, join))
  const alternatives = new Set(resolvable.filter(local).map(place))
  return keys
    .filter(key => !key.isResolvable && alternatives.has(place(key)) && local(key))
    .map(({ directive }) => directive)
}

/**
 * The SDL as the planner must get it. After a `@requires` the planner comes back to a subgraph by the first key of the
 * type, be it `resolvable: false` or not; so such keys are cut out where there is another. Fields that are required
 * with different arguments are told apart by name: see stand-ins.ts.
 * @param document      parsed from `sdl`, with or without locations
 * @param join          what the join specification is called in it
 * @param inaccessible  what that directive is called in it
 */
export const plannerSdl = (
  sdl: string,
  document: DocumentNode,
  join: string,
  standIns: StandIns,
  inaccessible = 'inaccessible',
): string => {
  if (keysToDrop(document, join).length === 0 && standIns.fields.size === 0) return sdl
  // Locations cost time at parsing and hold the whole text in memory: few supergraphs come this far.
  const located = parse(sdl)
  const cuts = keysToDrop(located, join).flatMap(({ loc }): readonly Edit[] =>
    loc === undefined ? [] : [{ start: loc.start, end: loc.end, text: '' }],
  )
  const edits = [...cuts, ...standInEdits(located, standIns, { join, inaccessible })]
  let text = ''
  let done = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    text += sdl.slice(done, edit.start) + edit.text
    done = edit.end
  }
  return text + sdl.slice(done)
}
