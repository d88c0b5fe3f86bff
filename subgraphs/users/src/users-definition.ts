import { readFileSync } from 'node:fs'
import type { ShardedDatabase } from '@marquee/data'
import { scalars, type SubgraphDatabase, type SubgraphDefinition } from '@marquee/subgraph'
import { missingProfiles } from './accounts/missing-profiles.ts'
import type { UsersConfig } from './config.ts'
import { makeLoaders, type UsersLoaders } from './loaders/make-loaders.ts'
import { movieFields, movieReference } from './resolvers/movie.ts'
import { mutationFields } from './resolvers/mutation.ts'
import { queryFields } from './resolvers/query.ts'
import { userConnectionFields, userEdgeFields, userFields, userReference } from './resolvers/user.ts'

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
 * The users subgraph.
 * @param database  of the domain `users`, migrated
 * @param config    section `users`, and the secret with which the auth subgraph is asked
 * @param end       what else uses the database, and ends before it is closed
 */
export const usersDefinition = (
  database: ShardedDatabase,
  config: UsersConfig & Readonly<{ secret?: string | undefined }>,
  end: () => Promise<void> = async () => undefined,
): SubgraphDefinition<undefined, UsersLoaders> => {
  const { authUrl, authTimeoutMs, secret } = config
  const missing = missingProfiles(
    database,
    authUrl === undefined ? undefined : { authUrl, authTimeoutMs, secret },
  )
  return {
    name: 'users',
    schema,
    database: endingWith(database, end),
    loaders: request => makeLoaders(database, request, missing),
    resolvers: {
      DateTime: scalars.DateTime,
      Query: queryFields,
      Mutation: mutationFields(database, config),
      User: { ...userFields, __resolveReference: userReference },
      UserConnection: userConnectionFields,
      UserEdge: userEdgeFields,
      Movie: { ...movieFields, __resolveReference: movieReference },
    },
  }
}
