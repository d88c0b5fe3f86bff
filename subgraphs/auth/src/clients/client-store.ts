import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import { noting } from '../audit/note-event.ts'
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
  requestId: string,
): Promise<ApiClientRow> => {
  const bucket = bucketOf(client.ownerId)
  const id = newClientId(bucket)
  return database.transaction(client.ownerId, async em => {
    await noting(
      em,
      { accountId: client.ownerId, kind: 'client-made', requestId },
      `insert into api_client (id, bucket, owner_id, name, tier, scopes, secret_hash)
       values ($1, $2, $3, $4, $5, $6, $7) returning id`,
      [id, bucket, client.ownerId, client.name, client.tier, client.scopes, client.secretHash],
    )
    return em.findOneOrFail(ApiClient, { id, bucket })
  })
}

/** Revokes a client, once: a second time changes nothing. */
export const revokeClient = async (
  database: ShardedDatabase,
  client: ApiClientRow,
  requestId: string,
): Promise<ApiClientRow> => {
  if (client.revokedAt != null) return client
  const key = [client.id, client.bucket]
  return database.transaction(client.ownerId, async em => {
    const [revoked] = await noting<{ revoked_at: Date }>(
      em,
      { accountId: client.ownerId, kind: 'client-revoked', requestId },
      `update api_client set revoked_at = now() where id = $1 and bucket = $2 and revoked_at is null
       returning revoked_at`,
      key,
    )
    // Another request was first.
    const [row] =
      revoked === undefined
        ? await sqlRows<{ revoked_at: Date }>(
            em,
            'select revoked_at from api_client where id = $1 and bucket = $2',
            key,
          )
        : [revoked]
    return { ...client, revokedAt: row?.revoked_at ?? null }
  })
}
