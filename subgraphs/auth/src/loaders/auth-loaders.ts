import { readByOwner, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import DataLoader from 'dataloader'
import { accountsByIds } from '../accounts/accounts-by-ids.ts'
import { accountsByEmails } from '../accounts/email-directory.ts'
import type { AccountRow } from '../entities/account.ts'
import type { ApiClientRow, ClientTier } from '../entities/api-client.ts'
import type { SessionOwner } from '../sessions/session-store.ts'
import { clientsByIds } from './clients-by-ids.ts'
import { sessionsOfTokens } from './sessions-of-tokens.ts'

/** One page of an account's clients: up to `limit + 1` of them, newest first, after the client `after`. */
export type ClientPage = Readonly<{ ownerId: string; limit: number; after: string | null }>

export type ClientSummary = Pick<ApiClientRow, 'id' | 'name' | 'tier' | 'scopes' | 'createdAt' | 'revokedAt'>

export type AuthLoaders = Readonly<{
  /** By UUID; null when there is no such account. */
  account: DataLoader<string, AccountRow | null>
  /** By normalised email address. */
  accountByEmail: DataLoader<string, AccountRow | null>
  /** By UUID. */
  client: DataLoader<string, ApiClientRow | null>
  /** The sign-in that a refresh token belongs to, used or not, live or not; null for a token that we never gave. */
  sessionOfToken: DataLoader<string, SessionOwner | null>
  clients: DataLoader<ClientPage, readonly ClientSummary[], string>
}>

type ClientSqlRow = Readonly<{
  page: number
  id: string
  name: string
  tier: ClientTier
  scopes: string[]
  created_at: Date
  revoked_at: Date | null
}>

// Ids are UUIDv7, so their order is that of creation.
const pagesSql = `
  select page.number as page, client.*
  from unnest($1::uuid[], $2::int[], $3::uuid[]) with ordinality as page (owner_id, rows, after, number)
  cross join lateral (
    select id, name, tier, scopes, created_at, revoked_at from api_client
    where api_client.owner_id = page.owner_id and (page.after is null or api_client.id < page.after)
    order by api_client.id desc limit page.rows
  ) client
  order by page.number, client.id desc`

const clientPages = async (
  em: EntityManager,
  pages: readonly ClientPage[],
): Promise<(readonly ClientSummary[])[]> => {
  const rows = await sqlRows<ClientSqlRow>(em, pagesSql, [
    pages.map(page => page.ownerId),
    pages.map(page => page.limit + 1),
    pages.map(page => page.after),
  ])
  const found = pages.map((): ClientSummary[] => [])
  for (const { page, created_at: createdAt, revoked_at: revokedAt, ...client } of rows) {
    found[page - 1]?.push({ ...client, createdAt, revokedAt })
  }
  return found
}

/**
 * Fresh for each request, so that nobody sees what another was shown. A load rejects when a shard that it needs cannot
 * say.
 */
export const authLoaders = (database: ShardedDatabase): AuthLoaders => ({
  account: new DataLoader(ids => accountsByIds(database, ids)),
  accountByEmail: new DataLoader(emails => accountsByEmails(database, emails)),
  client: new DataLoader(ids => clientsByIds(database, ids)),
  sessionOfToken: new DataLoader(tokens => sessionsOfTokens(database, tokens)),
  clients: new DataLoader(pages => readByOwner(database, pages, ({ ownerId }) => ownerId, clientPages), {
    cacheKeyFn: page => JSON.stringify(page),
  }),
})
