import { readFileSync } from 'node:fs'
import type { Database, EntityManager } from '@marquee/data'
import { scalars, type SubgraphDefinition } from '@marquee/subgraph'
import { missingProfiles } from './accounts/missing-profiles.ts'
import type { UsersConfig } from './config.ts'
import { makeLoaders, type UsersLoaders } from './loaders/make-loaders.ts'
import { movieFields, movieReference } from './resolvers/movie.ts'
import { mutationFields } from './resolvers/mutation.ts'
import { queryFields } from './resolvers/query.ts'
import { userConnectionFields, userEdgeFields, userFields, userReference } from './resolvers/user.ts'

const schema = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')

/**
 * The users subgraph.
 * @param database  of the domain `users`, migrated
 * @param config    section `users`, and the secret with which the auth subgraph is asked
 */
export const usersDefinition = (
  database: Database,
  config: UsersConfig & Readonly<{ secret?: string | undefined }>,
): SubgraphDefinition<EntityManager, UsersLoaders> => {
  const { authUrl, authTimeoutMs, secret } = config
  const missing = missingProfiles(
    database,
    authUrl === undefined ? undefined : { authUrl, authTimeoutMs, secret },
  )
  return {
    name: 'users',
    schema,
    database,
    loaders: request => makeLoaders(request, missing),
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
