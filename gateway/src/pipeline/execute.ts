import { headers, MarqueeError, type ConsistencyToken, type Identity } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import type { FetchContext, IncrementalResult, OperationResult } from '../executor/executor.ts'
import { callerKey } from '../fleet/caller-key.ts'
import type { SeenBy } from './consistency.ts'
import { inspectionOf } from './inspection.ts'
import type { PreparedOperation } from './prepare.ts'
import type { GraphqlRequest, RawRequest } from './receive.ts'

/** What came of an operation, and what its caller has seen by it. */
export type Executed = Readonly<{
  result: OperationResult | IncrementalResult
  /** Absent: nothing more than it had seen before. */
  seen: ConsistencyToken | undefined
}>

export type Execute = (
  request: GraphqlRequest,
  identity: Identity,
  prepared: PreparedOperation,
) => Promise<Executed>

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value

const pick = (raw: RawRequest, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap(name => {
      const value = single(raw.headers[name])
      return value === undefined ? [] : [[name, value]]
    }),
  )

const hasValues = ({ data }: OperationResult): boolean =>
  Object.values((JSON.parse(String(data)) as object | null) ?? {}).some(value => value !== null)

/**
 * Answers an operation from subgraphs. What came before the deadline is kept.
 * @throws DEADLINE_EXCEEDED when nothing did; QUERY_PLANNING_FAILED; CONSISTENCY_TOKEN_INVALID
 */
export const operationExecutor =
  (config: GatewayConfig, seenBy: SeenBy): Execute =>
  async ({ raw, accepted }, identity, { graph: { executor }, operation }) => {
    const seen = seenBy(raw.headers)
    const consistency = consistencyLedger(seen)
    const forwarded = pick(raw, config.forwardHeaders)
    const context: FetchContext = {
      requestId: raw.id,
      identity,
      callerKey: callerKey(identity, forwarded),
      inspect: inspectionOf(single(raw.headers[headers.inspect]), identity, config.inspect),
      signal: raw.signal,
      deadlineAt: raw.deadlineAt,
      deadlineMs: config.deadlineMs,
      forwarded,
      consistency,
    }
    const result =
      accepted.parts === undefined || executor.executeIncrementally === undefined
        ? await executor.execute(operation, context)
        : await executor.executeIncrementally(operation, context)
    if (raw.signal.aborted && !hasValues(result)) {
      const service = result.errors.map(error => error.extensions['service']).find(name => name !== undefined)
      throw new MarqueeError('DEADLINE_EXCEEDED', {
        deadlineMs: config.deadlineMs,
        setting: 'gateway.deadlineMs',
        ...(typeof service === 'string' && { service }),
      })
    }
    const now = consistency.token()
    return { result, seen: now === seen ? undefined : now }
  }
