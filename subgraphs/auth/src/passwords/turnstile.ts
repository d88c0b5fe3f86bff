import { MarqueeError } from '@marquee/contract'

/** Lets a bounded number of calls in at one time; the others wait in line, and the line is bounded too. */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>

/** @throws RATE_LIMITED (from the turnstile it makes) when `maxWaiting` calls wait already */
export const turnstile = (options: Readonly<{ concurrency: number; maxWaiting: number }>): Turnstile => {
  const line: (() => void)[] = []
  let inside = 0
  const enter = (): Promise<void> | undefined => {
    if (inside < options.concurrency) {
      inside += 1
      return undefined
    }
    if (line.length >= options.maxWaiting) {
      throw new MarqueeError('RATE_LIMITED', {
        reason: 'too many people sign in at this moment; try again in 5 seconds.',
      })
    }
    return new Promise(resolve => {
      line.push(resolve)
    })
  }
  const leave = (): void => {
    const next = line.shift()
    // A place is handed on, not given back: nobody can slip in between.
    if (next === undefined) inside -= 1
    else next()
  }
  return async work => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
