import { readFileSync } from 'node:fs'
import type { Database, EntityManager } from '@marquee/data'
import type { SubgraphDefinition } from '@marquee/subgraph'
import { makeLoaders, type Loaders } from './loaders/index.ts'
import { makeResolvers } from './resolvers/index.ts'
import { openReviews } from './reviews/reviews.ts'

/** The subgraph `movies` over its database. */
export const moviesDefinition = (database: Database): SubgraphDefinition<EntityManager, Loaders> => ({
  name: 'movies',
  schema: readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'),
  resolvers: makeResolvers(openReviews(database)),
  loaders: ({ em }) => makeLoaders(em),
  database,
})
