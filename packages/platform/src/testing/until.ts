import { setTimeout as delay } from 'node:timers/promises'

/** Waits until something holds. @throws when it does not within `timeoutMs` */
export const until = async (holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> => {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${holds.toString()}`)
    await delay(10)
  }
}
