import { setImmediate as nextTurn } from 'node:timers/promises'

/** Runs work in a later turn of the event loop, in order of arrival. Rejects with what the work throws. */
export type InTurn = <T>(work: () => T) => Promise<T>

/** For work of some milliseconds that comes in heaps: one piece in each turn, so that what takes less gets between. */
export const oneEachTurn = (): InTurn => {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const done = last.then(() => nextTurn()).then(work)
    last = done.catch(() => {})
    return done
  }
}
