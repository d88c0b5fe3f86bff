/** Lets at most `most` run at a time; the others wait in turn. */
export const limited = (most: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    // Whoever ends hands its place on, so that nobody who comes meanwhile takes it.
    if (running >= most) await new Promise<void>(resolve => void waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
