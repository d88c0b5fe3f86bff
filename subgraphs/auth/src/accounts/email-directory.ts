import { readByOwner, sqlRows, bucketOf, type Directory, type ShardedDatabase } from '@marquee/data'
import type { AccountRow } from '../entities/account.ts'
import { accountColumns, toAccount, type AccountSqlRow } from './account-columns.ts'
import { accountsByIds } from './accounts-by-ids.ts'

/** Email addresses are unique over all shards. An account keeps its address as long as it lives. */
export const emailDirectory: Directory = Object.freeze<Directory>({
  table: 'email_reservation',
  column: 'email',
  valuesOf: async (em, ownerIds) => {
    const rows = await sqlRows<{ id: string; email: string }>(
      em,
      'select id, email from account where id = any($1::uuid[])',
      [ownerIds],
    )
    return new Map(rows.map(row => [row.id, row.email]))
  },
})

/** What the directory says of an address: whose it is, and the account where that is on the shard that was asked. */
type Entry = Readonly<{ owner: string; account: AccountRow | null }>

type EntryRow = { known: string; owner_id: string } & { [K in keyof AccountSqlRow]: AccountSqlRow[K] | null }

const readDirectory = (
  database: ShardedDatabase,
  emails: readonly string[],
): Promise<readonly (Entry | null | Error)[]> =>
  readByOwner<string, Entry | null>(
    database,
    emails,
    email => email,
    async (em, some) => {
      const rows = await sqlRows<EntryRow>(
        em,
        `select known.email as known, known.owner_id, account.* from email_reservation known
           left join (select ${accountColumns} from account) account on account.id = known.owner_id
         where known.email = any($1::text[])`,
        [some],
      )
      const entries = new Map(
        rows.map(row => [
          row.known,
          { owner: row.owner_id, account: row.id === null ? null : toAccount(row as AccountSqlRow) },
        ]),
      )
      return some.map(email => entries.get(email) ?? null)
    },
  )

/**
 * Accounts by normalised email address: the directory says whose an address is, and the account whether it has it. One
 * statement where both are on one shard.
 * @returns in the place of what a shard cannot say its error, such as SHARD_UNAVAILABLE
 */
export const accountsByEmails = async (
  database: ShardedDatabase,
  emails: readonly string[],
): Promise<readonly (AccountRow | null | Error)[]> => {
  const entries = await readDirectory(database, emails)
  const { shardOf } = database.map()
  // An account beside its address counts only where accounts of that bucket are: what was moved away stays for a while.
  const isBeside = (email: string, owner: string): boolean =>
    shardOf(bucketOf(email)) === shardOf(bucketOf(owner))
  const elsewhere = entries.flatMap((entry, index) =>
    entry === null || entry instanceof Error || isBeside(emails[index] as string, entry.owner)
      ? []
      : [entry.owner],
  )
  const owners = [...new Set(elsewhere)]
  const answers = owners.length === 0 ? [] : await accountsByIds(database, owners)
  const accountOf = new Map(owners.map((owner, index) => [owner, answers[index] ?? null]))
  return emails.map((email, index) => {
    const entry = entries[index] ?? null
    if (entry === null || entry instanceof Error) return entry
    const account = accountOf.has(entry.owner) ? (accountOf.get(entry.owner) ?? null) : entry.account
    return account instanceof Error || account?.email === email ? account : null
  })
}
