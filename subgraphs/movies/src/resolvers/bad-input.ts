import { MarqueeError } from '@marquee/contract'

/** Refuses a value of the caller's; `reason` is a sentence that names the argument. */
export const badInput = (reason: string): never => {
  throw new MarqueeError('BAD_USER_INPUT', { reason })
}
