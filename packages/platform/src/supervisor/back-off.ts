export type BackOff = Readonly<{ firstDelayMs: number; maxDelayMs: number }>

/**
 * How long to wait before restart number `attempt` (from 0), in ms: doubling up to the maximum, of which a random
 * half is taken off, so that services that died together do not come back in step.
 * @param random  0 to 1
 */
export const backOffDelay = (
  attempt: number,
  { firstDelayMs, maxDelayMs }: BackOff,
  random: number,
): number => {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt, 30))
  return Math.round(full * (1 - random / 2))
}
