import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { Account, type AccountRow } from '../entities/account.ts'
import { ApiClient, type ApiClientRow, type ClientTier } from '../entities/api-client.ts'
import { hashSecret } from '../tokens/opaque-secret.ts'

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
  sessionOfToken: DataLoader<string, string | null>
  clients: DataLoader<ClientPage, readonly ClientSummary[], string>
}>

/** Rows in the order of what they were asked by. */
const inOrder = <K, Row>(
  keys: readonly K[],
  rows: readonly Row[],
  keyOf: (row: Row) => K,
): (Row | null)[] => {
  const byKey = new Map(rows.map(row => [keyOf(row), row]))
  return keys.map(key => byKey.get(key) ?? null)
}

const accountsByIds = async (em: EntityManager, ids: readonly string[]): Promise<(AccountRow | null)[]> =>
  inOrder(ids, await em.find(Account, { id: { $in: [...ids] } }), row => row.id)

const accountsByEmails = async (
  em: EntityManager,
  emails: readonly string[],
): Promise<(AccountRow | null)[]> =>
  inOrder(emails, await em.find(Account, { email: { $in: [...emails] } }), row => row.email)

const clientsByIds = async (em: EntityManager, ids: readonly string[]): Promise<(ApiClientRow | null)[]> =>
  inOrder(ids, await em.find(ApiClient, { id: { $in: [...ids] } }), row => row.id)

const sessionsOfTokens = async (em: EntityManager, tokens: readonly string[]): Promise<(string | null)[]> => {
  const hashes = tokens.map(hashSecret)
  const rows = await sqlRows<{ number: number; session_id: string }>(
    em,
    `select token.number::int as number, session_id
     from unnest($1::bytea[]) with ordinality as token (hash, number) join refresh_token using (hash)`,
    [hashes],
  )
  return inOrder(
    tokens.map((_token, index) => index + 1),
    rows,
    row => row.number,
  ).map(row => row?.session_id ?? null)
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
  accountByEmail: new DataLoader(emails => accountsByEmails(em, emails)),
  client: new DataLoader(ids => clientsByIds(em, ids)),
  sessionOfToken: new DataLoader(tokens => sessionsOfTokens(em, tokens)),
  clients: new DataLoader(pages => clientPages(em, pages), { cacheKeyFn: page => JSON.stringify(page) }),
})
