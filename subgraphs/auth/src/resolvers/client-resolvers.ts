import { decodeId, encodeId, MarqueeError } from '@marquee/contract'
import { readPage, toConnection, type Connection, type FieldResolvers } from '@marquee/subgraph'
import type { GraphQLResolveInfo } from 'graphql'
import { z } from 'zod'
import { createClientRules, readInput } from '../accounts/input-rules.ts'
import type { AuthContext, AuthServices } from '../auth-services.ts'
import { insertClient, revokeClient as revoke } from '../clients/client-store.ts'
import type { AccountRow } from '../entities/account.ts'
import type { ApiClientRow, ClientTier } from '../entities/api-client.ts'
import type { ClientSummary } from '../loaders/auth-loaders.ts'
import { scopesOf, type AccessToken } from '../tokens/access-token.ts'
import { hashesEqual, hashSecret, newClientSecret } from '../tokens/opaque-secret.ts'
import { requireAccount } from './require-account.ts'

type CreateClientInput = Readonly<{ name: string; tier: ClientTier; scopes: readonly string[] }>
type SignInClientInput = Readonly<{ clientId: string; clientSecret: string }>

const ApiClient: FieldResolvers<ClientSummary, AuthContext> = {
  id: client => encodeId('ApiClient', client.id),
}

export const clientResolvers = Object.freeze({ ApiClient })

const isAdmin = ({ roles }: AccountRow): boolean => roles.includes('ADMIN')

/** @throws FORBIDDEN when a client would be able to do more than the account that makes it */
const checkGrant = (account: AccountRow, { tier, scopes }: CreateClientInput): void => {
  if (isAdmin(account)) return
  if (tier === 'INTERNAL') {
    throw new MarqueeError('FORBIDDEN', {
      reason: 'only an administrator can make a client of the tier INTERNAL.',
    })
  }
  const own = scopesOf(account.roles)
  const foreign = scopes.find(scope => !own.includes(scope))
  if (foreign === undefined) return
  throw new MarqueeError('FORBIDDEN', { reason: `you do not have the scope "${foreign}" yourself.` })
}

/** The viewer's clients, newest first. */
export const apiClients = async (
  _source: unknown,
  args: { first: number; after?: string | null },
  context: AuthContext,
): Promise<Connection<ClientSummary>> => {
  const { limit, after } = readPage(args, { cursor: z.uuid() })
  const { id: ownerId } = await requireAccount(context)
  const rows = await context.loaders.clients.load({ ownerId, limit, after })
  return toConnection(rows, { limit, after, cursorOf: row => row.id, nodeOf: row => row })
}

/** `createClient`, `signInClient`, `revokeClient`. */
export const clientMutations = ({ database, limits, signAccessToken }: AuthServices) => {
  const createClient = async (
    _source: unknown,
    args: { input: CreateClientInput },
    context: AuthContext,
  ): Promise<Readonly<{ client: ApiClientRow; secret: string }>> => {
    const account = await requireAccount(context)
    const input = readInput(createClientRules, args.input)
    checkGrant(account, input)
    const secret = newClientSecret()
    const client = await insertClient(
      database,
      {
        ...input,
        ownerId: account.id,
        secretHash: hashSecret(secret),
      },
      context.requestId,
    )
    context.log.info({ client: client.id, owner: account.id, tier: client.tier }, 'API client made')
    return { client, secret }
  }

  const signInClient = async (
    _source: unknown,
    args: { input: SignInClientInput },
    { loaders, log }: AuthContext,
    info: GraphQLResolveInfo,
  ): Promise<AccessToken & Readonly<{ client: ApiClientRow }>> => {
    const { clientId, clientSecret } = args.input
    const id = decodeId('ApiClient', clientId)
    await limits.signInClient(id, info)
    const client = await loaders.client.load(id)
    const isRight = client !== null && hashesEqual(client.secretHash, hashSecret(clientSecret))
    const owner = isRight ? await loaders.account.load(client.ownerId) : null
    if (!isRight || owner === null || client.revokedAt != null) {
      throw new MarqueeError('CLIENT_SIGN_IN_FAILED')
    }
    // A client never has more than its owner has by now, who may have lost a role since.
    const own = scopesOf(owner.roles)
    const scopes = isAdmin(owner) ? client.scopes : client.scopes.filter(scope => own.includes(scope))
    log.info({ client: client.id }, 'API client signed in')
    const token = await signAccessToken({
      subject: null,
      client: encodeId('ApiClient', client.id),
      scopes,
      tier: client.tier === 'INTERNAL' ? 'internal' : 'partner',
    })
    return { ...token, client }
  }

  const revokeClient = async (
    _source: unknown,
    args: { id: string },
    context: AuthContext,
  ): Promise<ApiClientRow> => {
    const account = await requireAccount(context)
    const known = await context.loaders.client.load(decodeId('ApiClient', args.id))
    if (known === null) throw new MarqueeError('NOT_FOUND', { type: 'ApiClient' })
    if (known.ownerId !== account.id && !isAdmin(account)) {
      throw new MarqueeError('FORBIDDEN', {
        reason: 'only its owner or an administrator can revoke a client.',
      })
    }
    const client = await revoke(database, known, context.requestId)
    context.log.info({ client: client.id, by: account.id }, 'API client revoked')
    return client
  }

  return Object.freeze({ createClient, signInClient, revokeClient })
}
