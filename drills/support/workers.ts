/** Runs `work` over and over in `count` lines at once, until it is stopped. */
export const startWorkers = (
  count: number,
  work: (worker: number, turn: number) => Promise<void>,
): Readonly<{ stop: () => Promise<void>; failed: Promise<never> }> => {
  const stopping = new AbortController()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const run = async (worker: number): Promise<void> => {
    for (let turn = 1; !stopping.signal.aborted; turn += 1) await work(worker, turn)
  }
  const done = Promise.all(Array.from({ length: count }, (_, worker) => run(worker)))
  done.catch(failure.reject)
  return {
    failed: failure.promise,
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}
