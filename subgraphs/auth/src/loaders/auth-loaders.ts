import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { Account, type AccountRow } from '../entities/account.ts'
import type { ApiClientRow, ClientTier } from '../entities/api-client.ts'

/** One page of an account's clients: up to `limit + 1` of them, newest first, after the client `after`. */
export type ClientPage = Readonly<{ ownerId: string; limit: number; after: string | null }>

export type ClientSummary = Pick<ApiClientRow, 'id' | 'name' | 'tier' | 'scopes' | 'createdAt' | 'revokedAt'>

export type AuthLoaders = Readonly<{
  /** By UUID; null when there is no such account. */
  account: DataLoader<string, AccountRow | null>
  clients: DataLoader<ClientPage, readonly ClientSummary[], string>
}>

const accountsByIds = async (em: EntityManager, ids: readonly string[]): Promise<(AccountRow | null)[]> => {
  const rows = await em.find(Account, { id: { $in: [...ids] } })
  const byId = new Map(rows.map(row => [row.id, row]))
  return ids.map(id => byId.get(id) ?? null)
}

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

/** Fresh for each request, so that nobody sees what another was shown. */
export const authLoaders = ({ em }: Readonly<{ em: EntityManager }>): AuthLoaders => ({
  account: new DataLoader(ids => accountsByIds(em, ids)),
  clients: new DataLoader(pages => clientPages(em, pages), { cacheKeyFn: page => JSON.stringify(page) }),
})
