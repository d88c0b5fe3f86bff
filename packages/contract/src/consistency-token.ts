import { z } from 'zod'

/** A place in the history of one database: no reader behind it may serve a caller that has seen it. */
export type WalPosition = Readonly<{
  /** PostgreSQL's timeline: it rises by one with each promotion. */
  timeline: number
  /** Log sequence number, as PostgreSQL writes it: two hexadecimal halves, `16/B374D848`. */
  lsn: string
}>

/** An LSN as a number of bytes since the beginning of the log. */
export const lsnOffset = (lsn: string): bigint => {
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** Whether a position lies behind another one in the history of their database. A later timeline holds what is acknowledged of an earlier one. */
export const isLater = (a: WalPosition, b: WalPosition): boolean =>
  a.timeline === b.timeline ? lsnOffset(a.lsn) > lsnOffset(b.lsn) : a.timeline > b.timeline

/** What a caller has seen, by database name. Empty: any reader will do. */
export type ConsistencyToken = Readonly<Record<string, WalPosition>>

const lsnPattern = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/
const maxDatabases = 64

const tokenSchema = z
  .record(z.string().min(1).max(128), z.tuple([z.int().positive(), z.string().regex(lsnPattern)]))
  .refine(token => Object.keys(token).length <= maxDatabases)

/** Header form of a token: base64url of JSON `{ database: [timeline, lsn] }`. */
export const encodeConsistencyToken = (token: ConsistencyToken): string => {
  const compact = Object.fromEntries(Object.entries(token).map(([name, at]) => [name, [at.timeline, at.lsn]]))
  return Buffer.from(JSON.stringify(compact)).toString('base64url')
}

/** Reads a header. What is not a token counts as none: it can only make reads stale, never wrong. */
export const decodeConsistencyToken = (text: string | undefined): ConsistencyToken => {
  if (text === undefined || text === '') return {}
  try {
    const parsed = tokenSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return Object.fromEntries(
      Object.entries(parsed).map(([name, [timeline, lsn]]) => [name, { timeline, lsn }]),
    )
  } catch {
    return {}
  }
}
