import { MarqueeError } from '@marquee/contract'
import type { FetchAnswer } from '../../fleet/fetch.ts'
import { parseVerbatim } from '../../fleet/read-verbatim.ts'
import type { CompiledCall, CompiledPlan } from '../compile/compile-plan.ts'
import { isRow, mergeNothing, mergeRow, type Row } from './merge-row.ts'
import { prepareBatches, type Batch } from './prepare-batches.ts'
import { reportError, reportFailure } from './report-errors.ts'
import type { ResponseNode } from './response-node.ts'
import type { Run } from './run.ts'
import { traceFetch } from './trace.ts'

const wrongRow = (service: string): MarqueeError =>
  new MarqueeError('SUBGRAPH_BAD_RESPONSE', { service }, { cause: new Error('an entity that is no object') })

const mergeRows = (run: Run, batch: Batch, answered: readonly unknown[]): void => {
  let isWrong = false
  for (const { fetch, nodes, rows } of batch.waiting) {
    const { selection } = fetch
    for (let index = 0; index < nodes.length; index += 1) {
      const node = nodes[index] as ResponseNode
      const row = answered[rows[index] as number]
      if (row === null || row === undefined) mergeNothing(node, selection)
      else if (isRow(row)) mergeRow(run, node, row, selection)
      else isWrong = true
    }
  }
  if (isWrong) reportFailure(run, batch, wrongRow(batch.lane.template.subgraph))
}

const mergeData = (run: Run, batch: Batch, data: Row): void => {
  for (const { fetch, nodes } of batch.waiting) {
    for (const node of nodes) mergeRow(run, node, data, fetch.selection)
  }
}

/** Puts an answer where it belongs. Data first: errors are placed by the nodes that it makes. */
const settle = (run: Run, batch: Batch, answer: FetchAnswer): void => {
  const { data, verbatim, rows, errors, failure } = answer
  if (failure !== undefined) return reportFailure(run, batch, failure)
  if (rows !== undefined) mergeRows(run, batch, rows)
  else if (verbatim !== undefined && verbatim.isVerbatim === run.isVerbatim) run.verbatim = verbatim.text
  else {
    const own = verbatim === undefined ? data : parseVerbatim(verbatim)
    if (own !== undefined) mergeData(run, batch, own)
  }
  for (const error of errors) reportError(run, batch, error)
}

/** Runs one call once those that it needs have ended. */
export const runCall = async (
  run: Run,
  call: CompiledCall,
  earlier: readonly Promise<void>[],
): Promise<void> => {
  if (earlier.length > 0) await Promise.all(earlier)
  const batches = call.lanes.flatMap(lane => prepareBatches(run, lane))
  if (batches.length === 0) return
  const answers = await run.runFetches(
    batches.map(({ fetch }) => fetch),
    run.context,
  )
  batches.forEach((batch, index) => {
    const answer = answers[index] as FetchAnswer
    settle(run, batch, answer)
    run.trace?.push(traceFetch(batch.lane, batch.fetch, answer, run.beganAt))
  })
}

/** Runs the calls of a plan, each as soon as those that it needs have ended. Failures become errors of the run. */
export const runPlan = async (plan: CompiledPlan, run: Run): Promise<void> => {
  const ended: Promise<void>[] = []
  for (const call of plan.calls) {
    ended.push(
      runCall(
        run,
        call,
        call.after.map(number => ended[number] as Promise<void>),
      ),
    )
  }
  await Promise.all(ended)
}
