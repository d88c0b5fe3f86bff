import { GraphQLError } from 'graphql'
import type { MarqueeError } from '@marquee/contract'
import type { SubgraphError } from '../../fleet/fetch.ts'
import type { CompiledFetch } from '../compile/compile-plan.ts'
import type { SelectedField, Selection } from '../compile/position.ts'
import type { Batch } from './prepare-batches.ts'
import type { ResponseNode } from './response-node.ts'
import type { Run } from './run.ts'
import { visitTargetsWithPaths, type ResponsePath } from './visit-targets.ts'

/** The client's path for one in a subgraph's answer: aliases of the planner give way to the client's names. */
const clientPath = (run: Run, rest: ResponsePath, selection: Selection): ResponsePath => {
  const path: (string | number)[] = []
  let current: Selection | undefined = selection
  for (const step of rest) {
    if (typeof step === 'number') path.push(step)
    else {
      const field: SelectedField | undefined = current?.fields.find(({ wireName }) => wireName === step)
      path.push(run.clientName(field?.field.name ?? step))
      current = field?.selection
    }
  }
  return path
}

/** All places at which the nodes that wait for a row (or for any) stand, and what was to be merged there. */
const placesOf = (
  run: Run,
  { waiting }: Batch,
  row: number | undefined,
): Readonly<{ path: ResponsePath; fetch: CompiledFetch }>[] => {
  const nodes = new Map<CompiledFetch, Set<ResponseNode>>()
  for (const { fetch, nodes: own, rows } of waiting) {
    const asked = row === undefined ? own : own.filter((_node, index) => rows[index] === row)
    nodes.set(fetch, new Set([...(nodes.get(fetch) ?? []), ...asked]))
  }
  return [...nodes].flatMap(([fetch, set]) => {
    const places: { path: ResponsePath; fetch: CompiledFetch }[] = []
    visitTargetsWithPaths(run, fetch, (node, path) => {
      if (set.has(node)) places.push({ path, fetch })
    })
    return places
  })
}

const push = (run: Run, batch: Batch, path: ResponsePath, error: SubgraphError, cause?: Error): void => {
  run.errors.push(
    new GraphQLError(error.message, {
      path: path.length === 0 ? null : path,
      extensions: { ...error.extensions, service: batch.lane.template.subgraph },
      ...(cause !== undefined && { originalError: cause }),
    }),
  )
}

const pathOf = ({ path }: SubgraphError): ResponsePath =>
  Array.isArray(path) ? path.filter(step => typeof step === 'string' || typeof step === 'number') : []

/** Where an error without a path belongs: to the only field that was asked for, if there is only one. */
const onlyField = ({ fields }: Selection): ResponsePath => {
  const [only, ...others] = fields
  return only === undefined || others.length > 0 ? [] : [only.wireName]
}

/** An error of a subgraph, at each place of the client's answer that it belongs to. */
export const reportError = (run: Run, batch: Batch, error: SubgraphError): void => {
  const path = pathOf(error)
  const isEntity = batch.lane.template.form === 'entities'
  const [row] = path
  for (const { path: place, fetch } of placesOf(
    run,
    batch,
    isEntity && typeof row === 'number' ? row : undefined,
  )) {
    const rest = isEntity ? path.slice(1) : path.length === 0 ? onlyField(fetch.selection) : path
    push(run, batch, [...place, ...clientPath(run, rest, fetch.selection)], error)
  }
}

/** A fetch that failed as a whole: at a root each of its fields failed, elsewhere each node that waits for it. */
export const reportFailure = (run: Run, batch: Batch, failure: MarqueeError): void => {
  const error = { message: failure.message, extensions: failure.extensions }
  for (const { path, fetch } of placesOf(run, batch, undefined)) {
    if (batch.lane.template.form === 'entities') push(run, batch, path, error, failure)
    else {
      for (const { field } of fetch.selection.fields) {
        push(run, batch, [...path, run.clientName(field.name)], error, failure)
      }
    }
  }
}
