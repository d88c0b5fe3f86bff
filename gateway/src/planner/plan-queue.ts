/** Waiting jobs: those that somebody waits for first, in order of arrival; then those of the background. */
export type PlanQueue<J> = Readonly<{
  add: (job: J, options: Readonly<{ background: boolean }>) => void
  /** Somebody waits for it now. Nothing happens when it is not in the background (any more). */
  promote: (job: J) => void
  take: () => J | undefined
  clear: () => void
  size: () => number
}>

export const planQueue = <J>(): PlanQueue<J> => {
  // A Set keeps the order of arrival, and lets go from the middle.
  const awaited = new Set<J>()
  const background = new Set<J>()
  const take = (): J | undefined => {
    for (const jobs of [awaited, background]) {
      for (const job of jobs) {
        jobs.delete(job)
        return job
      }
    }
    return undefined
  }
  return Object.freeze({
    add: (job: J, options: Readonly<{ background: boolean }>) => {
      ;(options.background ? background : awaited).add(job)
    },
    promote: (job: J) => {
      if (background.delete(job)) awaited.add(job)
    },
    take,
    clear: () => {
      awaited.clear()
      background.clear()
    },
    size: () => awaited.size + background.size,
  })
}
