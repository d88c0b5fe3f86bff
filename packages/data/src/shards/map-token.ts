import type { ConsistencyToken, WalPosition } from '@marquee/contract'
import { lsnOffset } from '@marquee/contract'

/** Of the entries of a consistency token, the one with the version of a database's map: it looks like a position, so that whoever merges tokens keeps the highest. */
export const mapEntry = (database: string): string => `${database}#map`

export const positionOfVersion = (version: number): WalPosition => {
  const digits = BigInt(version).toString(16).toUpperCase().padStart(9, '0')
  const hex = (text: string): string => text.replace(/^0+(?=.)/, '')
  return Object.freeze({ timeline: 1, lsn: `${hex(digits.slice(0, -8))}/${hex(digits.slice(-8))}` })
}

/** The version of a map that a caller has seen; 0 when it has seen none. */
export const versionSeen = (token: ConsistencyToken, database: string): number => {
  const entry = token[mapEntry(database)]
  return entry === undefined ? 0 : Number(lsnOffset(entry.lsn))
}
