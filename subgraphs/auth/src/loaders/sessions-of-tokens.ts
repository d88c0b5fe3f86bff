import { sqlRows, type ShardedDatabase } from '@marquee/data'
import type { SessionOwner } from '../sessions/session-store.ts'
import { hashSecret } from '../tokens/opaque-secret.ts'
import { ownerOfToken } from '../tokens/refresh-token.ts'
import { readOrSearch } from './read-or-search.ts'

type Row = Readonly<{ number: number; bucket: number; session_id: string; account_id: string }>

/**
 * The sign-ins that refresh tokens belong to, used or not, live or not; null for one that we never gave. Old tokens do
 * not say where they belong: every shard is asked, once, since the next of the family does.
 */
export const sessionsOfTokens = async (
  database: ShardedDatabase,
  tokens: readonly string[],
): Promise<readonly (SessionOwner | null | Error)[]> => {
  const rows = await readOrSearch(database, tokens, ownerOfToken, async (em, some) => {
    const found = await sqlRows<Row>(
      em,
      `select token.number::int as number, token_row.bucket, session.id as session_id, session.account_id
       from unnest($1::bytea[]) with ordinality as token (hash, number)
         join refresh_token token_row on token_row.hash = token.hash
         join session on (session.id, session.bucket) = (token_row.session_id, token_row.bucket)`,
      [some.map(hashSecret)],
    )
    return new Map(found.map(row => [some[row.number - 1] as string, row]))
  })
  return rows.map(row =>
    row === null || row instanceof Error ? row : { sessionId: row.session_id, accountId: row.account_id },
  )
}
