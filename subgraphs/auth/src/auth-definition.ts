import { readFileSync } from 'node:fs'
import type { ShardedDatabase } from '@marquee/data'
import { scalars, type SubgraphDatabase, type SubgraphDefinition } from '@marquee/subgraph'
import { laterNotes } from './audit/later-notes.ts'
import type { AuthServices } from './auth-services.ts'
import type { AuthConfig } from './config.ts'
import { authLimits } from './limits/auth-limits.ts'
import { authLoaders, type AuthLoaders } from './loaders/auth-loaders.ts'
import { passwordHasher } from './passwords/password-hasher.ts'
import { requireSecret } from './require-secret.ts'
import { apiClients, clientMutations, clientResolvers } from './resolvers/client-resolvers.ts'
import { sessionMutations } from './resolvers/session-mutations.ts'
import { userResolvers, viewer } from './resolvers/user-resolvers.ts'
import { sessionSweeper } from './sessions/session-sweeper.ts'
import { accessTokenSigner } from './tokens/access-token.ts'
import { keyCipher } from './tokens/key-cipher.ts'
import { openKeyring } from './tokens/keyring.ts'

type Log = Parameters<typeof authLimits>[1]

const schema = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')

const endingWith = (database: ShardedDatabase, end: () => Promise<void>): SubgraphDatabase<undefined> => ({
  inRequest: (seen, work) => database.inRequest(seen, work),
  health: () => database.health(),
  onStatement: listener => database.onStatement(listener),
  withTags: database.withTags,
  close: async () => {
    await end()
    await database.close()
  },
})

/**
 * The auth subgraph, ready to be served. Makes the first signing key when there is none. What it opens (the connection
 * to Redis) closes with the server it is served by.
 * @param database     migrated
 * @param options.end  what else uses the database, and ends before it is closed
 * @throws CONFIG_INVALID without `auth.secret`
 */
export const authDefinition = async (
  database: ShardedDatabase,
  config: AuthConfig,
  options: Readonly<{ log: Log; end?: () => Promise<void> }>,
): Promise<SubgraphDefinition<undefined, AuthLoaders>> => {
  const keyring = await openKeyring(database, keyCipher(requireSecret(config)), config)
  const hasher = await passwordHasher(config.argon2)
  const limits = await authLimits(config, options.log)
  const later = laterNotes(database)
  const services: AuthServices = Object.freeze({
    config,
    database,
    hasher,
    limits,
    noteLater: later.note,
    signAccessToken: accessTokenSigner(keyring, config),
    sweepSessions: sessionSweeper(database),
  })
  return {
    name: 'auth',
    schema,
    database: endingWith(database, async () => {
      await later.settled()
      await options.end?.()
    }),
    loaders: () => authLoaders(database),
    resolvers: {
      ...scalars,
      ...userResolvers,
      ...clientResolvers,
      Query: { viewer, apiClients },
      Mutation: { ...sessionMutations(services), ...clientMutations(services) },
    },
    routes: app => {
      app.get('/.well-known/jwks.json', async (_request, reply) => {
        const jwks = await keyring.jwks()
        // Gateways keep it this long; `keyPublishAheadSeconds` is longer, so they know a key before they meet it.
        return reply.header('cache-control', 'public, max-age=300').send(jwks)
      })
      app.addHook('onClose', () => limits.close())
    },
  }
}
