import type { ConsistencyToken, WalPosition } from '@marquee/contract'
import type { ConsistencyLedger } from './executor.ts'

const offsetOf = (lsn: string): bigint => {
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

const isLater = (a: WalPosition, b: WalPosition): boolean =>
  a.timeline === b.timeline ? offsetOf(a.lsn) > offsetOf(b.lsn) : a.timeline > b.timeline

/** A ledger that starts from what the client has seen and keeps the latest position of each database. */
export const consistencyLedger = (seen: ConsistencyToken): ConsistencyLedger => {
  let token = seen
  return Object.freeze({
    token: () => token,
    advance: (next: ConsistencyToken) => {
      for (const [database, position] of Object.entries(next)) {
        const known = token[database]
        if (known === undefined || isLater(position, known)) token = { ...token, [database]: position }
      }
    },
  })
}
