import { isLater, type ConsistencyToken } from '@marquee/contract'
import type { ConsistencyLedger } from './executor.ts'

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
