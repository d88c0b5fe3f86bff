import { MarqueeError } from '@marquee/contract'

/** For plans by which the answer would be wrong. Clients see the code, the log says why. */
export const impossiblePlan = (why: string): MarqueeError =>
  new MarqueeError('QUERY_PLANNING_FAILED', {}, { cause: new Error(why) })
