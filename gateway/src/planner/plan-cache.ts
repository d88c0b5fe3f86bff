import { MarqueeError, type ErrorCode } from '@marquee/contract'
import { byteLru } from '../documents/byte-lru.ts'
import { useCounts, type Use } from './use-counts.ts'

export type Made<V, S = never> = Readonly<{
  value: V
  bytes: number
  /** What it takes to make the value for another supergraph. Absent: it is not counted among what is used most. */
  again?: Readonly<{ source: S; bytes: number }>
}>

export type PlanCache<V, S = never> = Readonly<{
  /**
   * @param make  called when there is no value; equal keys at one time share one call
   * @returns the value itself when it is there, so that the usual case waits for nothing
   * @throws what `make` throws; a failure to plan is remembered for a while
   */
  get: (key: string, make: () => Promise<Made<V, S>>) => V | Promise<V>
  /** Sources of what is used most, most used first. */
  mostUsed: (count: number) => readonly S[]
  bytes: () => number
}>

type Kept<V> =
  | Readonly<{ kind: 'value'; value: V; use: Use }>
  | Readonly<{ kind: 'failure'; error: MarqueeError; until: number }>

/**
 * How long a failure is remembered, in ms: an operation that cannot be planned must not take the planner each time
 * that it is asked for. One that timed out for longer, since it takes more. That the planner was busy says nothing
 * about the operation.
 */
const rememberedMs: Partial<Record<ErrorCode, number>> = {
  QUERY_PLANNING_FAILED: 5000,
  QUERY_PLANNING_TIMED_OUT: 30_000,
}

const rememberFor = (error: unknown): number =>
  error instanceof MarqueeError ? (rememberedMs[error.code] ?? 0) : 0

/** A remembered failure: its key, its error with the stack, its place in the table. */
const failureBytes = (key: string): number => key.length * 2 + 2000

/** Of the memory, for sources and counts of what is used most: they are texts, and values are far larger. */
const sourceShare = 1 / 8

/**
 * Keeps what is compiled from plans, for one supergraph.
 * @param maxBytes  bound on values, sources and remembered failures together
 * @param now       a clock, in ms
 */
export const planCache = <V, S = never>({
  maxBytes,
  now = () => performance.now(),
}: Readonly<{ maxBytes: number; now?: () => number }>): PlanCache<V, S> => {
  const kept = byteLru<Kept<V>>(maxBytes * (1 - sourceShare))
  const counts = useCounts<S>(maxBytes * sourceShare)
  const inFlight = new Map<string, Promise<V>>()

  const keep = (key: string, { value, bytes, again }: Made<V, S>): V => {
    inFlight.delete(key)
    const use = again === undefined ? { count: 0 } : counts.of(key, again.source, again.bytes)
    use.count += 1
    kept.set(key, Object.freeze({ kind: 'value', value, use }), bytes)
    return value
  }

  const fail = (key: string, error: unknown): never => {
    inFlight.delete(key)
    const forMs = rememberFor(error)
    if (forMs > 0) {
      const failure = Object.freeze({ kind: 'failure', error: error as MarqueeError, until: now() + forMs })
      kept.set(key, failure, failureBytes(key))
    }
    throw error
  }

  const begin = (key: string, make: () => Promise<Made<V, S>>): Promise<V> => {
    const made = Promise.try(make).then(
      result => keep(key, result),
      (error: unknown) => fail(key, error),
    )
    inFlight.set(key, made)
    return made
  }

  return Object.freeze({
    get: (key: string, make: () => Promise<Made<V, S>>) => {
      const found = kept.get(key)
      if (found?.kind === 'value') {
        found.use.count += 1
        return found.value
      }
      if (found !== undefined && now() < found.until) return Promise.reject(found.error)
      return inFlight.get(key) ?? begin(key, make)
    },
    mostUsed: counts.mostUsed,
    bytes: () => kept.bytes() + counts.bytes(),
  })
}
