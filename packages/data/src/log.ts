/** The part of a logger that this package uses; pino's loggers have it. */
export type Log = Readonly<{
  info: (details: object, message: string) => void
  warn: (details: object, message: string) => void
}>

export const silent: Log = Object.freeze({ info: () => undefined, warn: () => undefined })
