/** Aborts at Ctrl-C, so that what was begun is taken back, rather than to end then and there. Given back by `end`. */
export const stopOnSignal = (): Readonly<{ signal: AbortSignal; end: () => void }> => {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort(new Error('it was stopped'))
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.once(name, onSignal)
  return {
    signal: stop.signal,
    end: () => {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
