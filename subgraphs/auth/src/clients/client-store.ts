import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import { ApiClient, type ApiClientRow, type ClientTier } from '../entities/api-client.ts'
import { newClientId } from '../ids/time-ordered-id.ts'

/** Stores a client, beside its owner. @param client.secretHash  see opaque-secret.ts */
export const insertClient = (
  database: ShardedDatabase,
  client: Readonly<{
    ownerId: string
    name: string
    tier: ClientTier
    scopes: readonly string[]
    secretHash: Buffer
  }>,
): Promise<ApiClientRow> => {
  const bucket = bucketOf(client.ownerId)
  const id = newClientId(bucket)
  return database.transaction(client.ownerId, async em => {
    await sqlRows(
      em,
      `insert into api_client (id, bucket, owner_id, name, tier, scopes, secret_hash)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, bucket, client.ownerId, client.name, client.tier, client.scopes, client.secretHash],
    )
    return em.findOneOrFail(ApiClient, { id, bucket })
  })
}

/** Revokes a client, once: a second time changes nothing. */
export const revokeClient = (database: ShardedDatabase, client: ApiClientRow): Promise<ApiClientRow> =>
  database.transaction(client.ownerId, async em => {
    const [row] = await sqlRows<{ revoked_at: Date }>(
      em,
      `update api_client set revoked_at = coalesce(revoked_at, now()) where id = $1 and bucket = $2
       returning revoked_at`,
      [client.id, client.bucket],
    )
    return { ...client, revokedAt: row?.revoked_at ?? null }
  })
