import { GraphQLError } from 'graphql'
import type { MarqueeError } from '@marquee/contract'
import type { SubgraphError } from '../../fleet/fetch.ts'
import type { CompiledFetch } from '../compile/compile-plan.ts'
import type { SelectedField, Selection } from '../compile/position.ts'
import type { Batch } from './prepare-batches.ts'
import { clientPlace, type Place } from './client-place.ts'
import { Failures } from './failures.ts'
import type { Row } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'
import type { ResponsePath } from './response-path.ts'
import type { Run } from './run.ts'
import { visitTargetsWithPaths } from './visit-targets.ts'

/** All places at which the nodes that wait for a row (or for any) stand, and what was to be merged there. */
const placesOf = (run: Run, { waiting }: Batch, row: number | undefined): readonly Place[] => {
  const nodes = new Map<CompiledFetch, Set<ResponseNode>>()
  for (const { fetch, nodes: own, rows } of waiting) {
    const asked = row === undefined ? own : own.filter((_node, index) => rows[index] === row)
    nodes.set(fetch, new Set([...(nodes.get(fetch) ?? []), ...asked]))
  }
  return [...nodes].flatMap(([fetch, set]) => {
    const places: Place[] = []
    visitTargetsWithPaths(run, fetch, (node, path, lineage) => {
      if (set.has(node)) places.push({ path, fetch, lineage })
    })
    return places
  })
}

const isMissing = (value: unknown): boolean => value === null || value === undefined

/** Notes the value that an error is about, or what stands in its way: nobody is to be asked with that null. */
const noteFailure = (run: Run, { fetch, lineage }: Place, rest: ResponsePath): void => {
  const failures = (run.failures ??= new Failures())
  let holder: unknown = lineage.at(-1)
  let selection: Selection | undefined = fetch.selection
  if (rest.length === 0 && holder instanceof ResponseNode) {
    const { values } = holder
    for (const { slot } of selection.fields) if (isMissing(values[slot])) failures.add(holder, slot)
  }
  for (const step of rest) {
    if (typeof holder !== 'object' || holder === null) return
    const field: SelectedField | undefined = selection?.fields.find(({ wireName }) => wireName === step)
    if (typeof step === 'string') selection = field?.selection
    const key: string | number | undefined = holder instanceof ResponseNode ? field?.slot : step
    if (key === undefined) return
    const next: unknown = holder instanceof ResponseNode ? holder.values[key as number] : (holder as Row)[key]
    if (isMissing(next)) return failures.add(holder, key)
    holder = next
  }
}

type Told = Pick<SubgraphError, 'message' | 'extensions'> & Readonly<{ cause?: Error }>

const errorAt = (batch: Batch, path: ResponsePath, { message, extensions, cause }: Told): GraphQLError =>
  new GraphQLError(message, {
    path: path.length === 0 ? null : path,
    extensions: { ...extensions, service: batch.lane.template.subgraph },
    ...(cause !== undefined && { originalError: cause }),
  })

const pathOf = ({ path }: SubgraphError): ResponsePath =>
  Array.isArray(path) ? path.filter(step => typeof step === 'string' || typeof step === 'number') : []

/** Where an error without a path belongs: to the only field that was asked for, if there is only one. */
const onlyField = ({ fields }: Selection): ResponsePath => {
  const [only, ...others] = fields
  return only === undefined || others.length > 0 ? [] : [only.wireName]
}

/** Where the client selects all that was asked for of values of other types only, nothing is. */
const isMissedAt = (run: Run, place: Place): boolean => {
  const { fields } = place.fetch.selection
  return (
    fields.length === 0 ||
    fields.some(({ wireName }) => clientPlace(run, place, [wireName]).state !== 'outside')
  )
}

/** Tells the client of an error, unless nothing of the answer is missing by it. */
const tell = (run: Run, batch: Batch, place: Place, rest: ResponsePath, error: Told): void => {
  const { path, state } = clientPlace(run, place, rest)
  const isMissed = state !== 'outside' && (rest.length > 0 || isMissedAt(run, place))
  const told = errorAt(batch, path, error)
  if (isMissed) run.errors.push(told)
  else run.failures?.untold.add(told)
}

/** An error of a subgraph, at each place of the client's answer that it belongs to. */
export const reportError = (run: Run, batch: Batch, error: SubgraphError): void => {
  const path = pathOf(error)
  const isEntity = batch.lane.template.form === 'entities'
  const [row] = path
  for (const place of placesOf(run, batch, isEntity && typeof row === 'number' ? row : undefined)) {
    const { selection } = place.fetch
    const rest = isEntity ? path.slice(1) : path.length === 0 ? onlyField(selection) : path
    noteFailure(run, place, rest)
    tell(run, batch, place, rest, error)
  }
}

/** A fetch that failed as a whole: at a root each of its fields failed, elsewhere each node that waits for it. */
export const reportFailure = (run: Run, batch: Batch, failure: MarqueeError): void => {
  const error = { message: failure.message, extensions: failure.extensions, cause: failure }
  const isEntity = batch.lane.template.form === 'entities'
  for (const place of placesOf(run, batch, undefined)) {
    noteFailure(run, place, [])
    const failed = isEntity ? [[]] : place.fetch.selection.fields.map(({ wireName }) => [wireName])
    for (const rest of failed) tell(run, batch, place, rest, error)
  }
}
