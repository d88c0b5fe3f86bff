import {
  isInBrokenTransaction,
  isReadOnlyServer,
  isReplayConflict,
  isServerGone,
} from '../translate-error.ts'
import type { ReplicaSet } from './replica-set.ts'
import type { Pin, RequestScope } from './request-scope.ts'
import { retryElsewhere } from './retry-elsewhere.ts'
import { runOnWriter } from './run-on-writer.ts'
import { Snapshot } from './snapshot.ts'

const choosePin = (set: ReplicaSet, scope: RequestScope): Promise<Pin> =>
  retryElsewhere(
    set,
    () => set.reader(scope),
    async server => ({
      server,
      snapshot: scope.isGraph ? await Snapshot.open(server) : undefined,
      hasAnswered: false,
    }),
  )

const queryOn = async (
  { server, snapshot }: Pin,
  sql: string,
  values: readonly unknown[],
): Promise<unknown> => {
  if (snapshot !== undefined) return snapshot.query(sql, values)
  const client = await server.reads.connect()
  try {
    return await client.query(sql, values)
  } finally {
    client.release()
  }
}

/**
 * Runs one of a request's reads on the reader that the request is pinned to, in its snapshot when it has several. A
 * reader that is lost costs no more than time: another one takes over, unless it would show another moment than what
 * was read before; then the scope says so.
 */
export const readInScope = async (
  set: ReplicaSet,
  scope: RequestScope,
  sql: string,
  values: readonly unknown[],
): Promise<unknown> => {
  const until = performance.now() + set.holdMs
  for (;;) {
    const pin = await scope.pin(set.database, () => choosePin(set, scope))
    try {
      const result = await queryOn(pin, sql, values)
      pin.hasAnswered = true
      return result
    } catch (error) {
      await scope.unpin(set.database, pin)
      if (isReadOnlyServer(error)) {
        scope.reads = 'writer'
        return runOnWriter(set, scope, sql, values)
      }
      const isGone = isServerGone(error)
      if (isGone) set.distrust(pin.server)
      if (isGone || isReplayConflict(error)) {
        if (pin.snapshot !== undefined && pin.hasAnswered) {
          scope.hasLostSnapshot = true
          throw error
        }
        if (performance.now() >= until) throw error
      } else if (isInBrokenTransaction(error)) {
        // What broke it is an error of the answer already. Its other parts need not fail for that.
        scope.isGraph = false
      } else throw error
    }
  }
}
