import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database } from '@marquee/data'
import { ApiClient, type ApiClientRow, type ClientTier } from '../entities/api-client.ts'

/** Stores a client. @param client.secretHash  see opaque-secret.ts */
export const insertClient = (
  database: Database,
  client: Readonly<{
    ownerId: string
    name: string
    tier: ClientTier
    scopes: readonly string[]
    secretHash: Buffer
  }>,
): Promise<ApiClientRow> =>
  database.transaction(async em => {
    const [row] = await sqlRows<{ id: string }>(
      em,
      `insert into api_client (owner_id, name, tier, scopes, secret_hash) values ($1, $2, $3, $4, $5) returning id`,
      [client.ownerId, client.name, client.tier, client.scopes, client.secretHash],
    )
    return em.findOneOrFail(ApiClient, { id: row?.id ?? '' })
  })

/**
 * Revokes a client, once: a second time changes nothing.
 * @param by  who asks; `isAdmin` may revoke anybody's
 * @throws NOT_FOUND, FORBIDDEN
 */
export const revokeClient = (
  database: Database,
  id: string,
  by: Readonly<{ accountId: string; isAdmin: boolean }>,
): Promise<ApiClientRow> =>
  database.transaction(async em => {
    const client = await em.findOne(ApiClient, { id })
    if (client === null) throw new MarqueeError('NOT_FOUND', { type: 'ApiClient' })
    if (client.ownerId !== by.accountId && !by.isAdmin) {
      throw new MarqueeError('FORBIDDEN', {
        reason: 'only its owner or an administrator can revoke a client.',
      })
    }
    await sqlRows(em, 'update api_client set revoked_at = now() where id = $1 and revoked_at is null', [id])
    return em.refresh(client).then(fresh => fresh ?? client)
  })
