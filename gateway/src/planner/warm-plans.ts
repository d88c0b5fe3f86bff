import { setImmediate as nextTurn } from 'node:timers/promises'

export type WarmOptions = Readonly<{
  /** How long it may take, in ms. */
  warmTimeoutMs: number
  /** How many are planned at one time: as many as there may be processes. */
  atOnce: number
}>

/** `refused` do not fit the new supergraph; `left` is what there was no time for. */
export type Warmed = Readonly<{ planned: number; refused: number; left: number }>

/**
 * Plans what the last supergraph was asked most, before a new one goes live.
 * @param sources  most used first (`PlanCache.mostUsed` of the old one)
 * @param planFor  validates, plans in the background and keeps what comes of it; rejects what no longer fits
 * @returns when all is done, or when the time is over. A plan that is on its way then is still made, nobody waits for it.
 */
export const warmPlans = async <S>(
  sources: readonly S[],
  planFor: (source: S) => unknown,
  { warmTimeoutMs, atOnce }: WarmOptions,
): Promise<Warmed> => {
  const waiting = sources.values()
  let planned = 0
  let refused = 0
  let isOver = false

  const warm = async (source: S): Promise<void> => {
    // Requests are served meanwhile: a plan that is there at once must not make the loop go on in one turn.
    await nextTurn()
    if (isOver) return
    try {
      await planFor(source)
      planned += 1
    } catch {
      refused += 1
    }
  }
  const warmInTurn = async (): Promise<void> => {
    for (const source of waiting) {
      if (isOver) return
      await warm(source)
    }
  }

  let timer: NodeJS.Timeout | undefined
  const timeIsUp = new Promise<void>(resolve => {
    timer = setTimeout(resolve, warmTimeoutMs)
  })
  await Promise.race([Promise.all(Array.from({ length: atOnce }, warmInTurn)), timeIsUp])
  isOver = true
  clearTimeout(timer)
  return Object.freeze({ planned, refused, left: sources.length - planned - refused })
}
