const first = 100
const longest = 5000

/**
 * How long to wait before a process that died is replaced, in ms: one that dies again and again must not keep a
 * core busy with starting. The first three are replaced at once: one bad operation can have several askers.
 * @param deaths  processes that died before this one since a plan was last made
 */
export const restBefore = (deaths: number): number =>
  deaths < 3 ? 0 : Math.min(first * 2 ** (deaths - 3), longest)
