import { decodeId, encodeId } from '@marquee/contract'
import { scalars, type FieldResolvers, type Resolvers } from '@marquee/subgraph'
import type { NamedRow } from '../entities/named.ts'
import type { Reviews } from '../reviews/reviews.ts'
import { ownedMoviesConnection } from './connections.ts'
import type { Context, PageArgs } from './context.ts'
import { movieFields } from './movie.ts'
import { mutationFields } from './mutation.ts'
import { loadCatalogueItem, Query } from './query.ts'
import { reviewFields, userFields, userReference } from './review.ts'

type Reference = Readonly<{ id: string }>
type Node = Readonly<{ __typename: string }>

const named = (type: 'Person' | 'Studio' | 'Genre', list: string) =>
  ({
    id: row => encodeId(type, row.id),
    [list]: (row, args: PageArgs, context) => ownedMoviesConnection(type, row.id, args, context),
  }) satisfies FieldResolvers<NamedRow, Context>

const displayName = { displayName: row => row.name } satisfies FieldResolvers<NamedRow, Context>

const typeOf = (node: Node): string => node.__typename

/** All resolvers of the subgraph. They ask loaders, and write through `reviews`; none of them queries. */
export const makeResolvers = (reviews: Reviews): Resolvers<Context> => ({
  ...scalars,
  // The values of the MPAA, as the database keeps them. G, PG and R are the same in both.
  MpaaRating: { PG_13: 'PG-13', NC_17: 'NC-17', NOT_RATED: 'Not Rated', OPEN: 'Open' },
  SearchType: { MOVIE: 'movie', PERSON: 'person', STUDIO: 'studio' },
  Query,
  Mutation: mutationFields(reviews),
  CatalogueItem: {
    __resolveType: typeOf,
    __resolveReference: ({ id }: Reference, context) => loadCatalogueItem(id, context),
  },
  SearchResult: { __resolveType: typeOf },
  Movie: {
    ...movieFields,
    __resolveReference: ({ id }: Reference, { loaders }) => loaders.movieById.load(decodeId('Movie', id)),
  },
  Person: {
    ...named('Person', 'directed'),
    ...displayName,
    __resolveReference: ({ id }: Reference, { loaders }) => loaders.personById.load(decodeId('Person', id)),
  },
  Studio: {
    ...named('Studio', 'movies'),
    ...displayName,
    __resolveReference: ({ id }: Reference, { loaders }) => loaders.studioById.load(decodeId('Studio', id)),
  },
  Genre: {
    ...named('Genre', 'movies'),
    __resolveReference: ({ id }: Reference, { loaders }) => loaders.genreById.load(decodeId('Genre', id)),
  },
  Review: {
    ...reviewFields,
    __resolveReference: ({ id }: Reference, { loaders }) => loaders.reviewById.load(decodeId('Review', id)),
  },
  User: { ...userFields, __resolveReference: userReference },
})
