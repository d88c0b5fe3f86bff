import { MarqueeError } from '@marquee/contract'

/** @param reason  what is wrong with the supergraph and how to mend it */
export const supergraphInvalid = (reason: string, cause?: unknown): MarqueeError =>
  new MarqueeError('SUPERGRAPH_INVALID', { reason }, cause === undefined ? {} : { cause })
