/** At most `max` calls in any `windowSeconds`. */
export type Limit = Readonly<{ max: number; windowSeconds: number }>

/** Remembers when calls were made, for a sliding window. */
export type CallLog = Readonly<{
  /**
   * Records a call now, unless `limit.max` calls stand in the window already. One step: of any number of calls at
   * the same time, no more than `max` are recorded.
   * @returns when the calls before this one were made, oldest first, in milliseconds since 1970
   */
  record: (key: string, limit: Limit) => Promise<readonly number[]>
  close: () => Promise<void>
}>
