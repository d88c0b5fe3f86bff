import { decodeId, MarqueeError } from '@marquee/contract'
import { readSize, type FieldResolvers } from '@marquee/subgraph'
import type { MovieOrder } from '../loaders/movie-orders.ts'
import type { SearchKind } from '../loaders/search.ts'
import { badInput } from './bad-input.ts'
import { moviesConnection } from './connections.ts'
import { asNode, type Context, type PageArgs } from './context.ts'
import { readFilter, readSearchText, type MovieFilterInput } from './read-filter.ts'

type Loaders = Context['loaders']

/** Every type that has a page of its own: its name stands before the underscore of its ids. */
const load = {
  Movie: (loaders: Loaders, id: string) => loaders.movieById.load(id),
  Person: (loaders: Loaders, id: string) => loaders.personById.load(id),
  Studio: (loaders: Loaders, id: string) => loaders.studioById.load(id),
} as const

type ItemType = keyof typeof load

const isItemType = (name: string): name is ItemType => Object.hasOwn(load, name)

/**
 * A movie, person or studio by its id, with its type.
 * @throws INVALID_ID for ids of other types
 */
export const loadCatalogueItem = async (id: string, { loaders }: Context): Promise<object | null> => {
  const type = id.split('_', 1)[0] ?? ''
  if (!isItemType(type)) {
    throw new MarqueeError('INVALID_ID', { id: id.slice(0, 80), type: 'movie, person or studio' })
  }
  return asNode<object>(type, await load[type](loaders, decodeId(type, id)))
}

const typeOfKind = { movie: 'Movie', person: 'Person', studio: 'Studio' } as const

const search = async (
  args: Readonly<{ text: string; first: number; types?: readonly SearchKind[] | null }>,
  { loaders }: Context,
): Promise<readonly object[]> => {
  const size = readSize(args.first, { argument: 'first', max: 50 })
  const text = readSearchText('text', args.text)
  if (args.types?.length === 0) return badInput('`types` is empty: leave it out to search all.')
  const kinds = [...new Set(args.types ?? (Object.keys(typeOfKind) as SearchKind[]))].toSorted()
  const hits = await loaders.searches.load({ text, kinds, size })
  const found = await Promise.all(
    hits.map(async ({ kind, id, score }) => ({
      node: asNode<object>(typeOfKind[kind], await load[typeOfKind[kind]](loaders, id)),
      score,
    })),
  )
  return found.filter(hit => hit.node !== null)
}

type IdArgs = Readonly<{ id: string }>

export const Query = {
  movie: (_, { id }: IdArgs, { loaders }) => loaders.movieById.load(decodeId('Movie', id)),
  person: (_, { id }: IdArgs, { loaders }) => loaders.personById.load(decodeId('Person', id)),
  studio: (_, { id }: IdArgs, { loaders }) => loaders.studioById.load(decodeId('Studio', id)),
  movies: (
    _,
    args: PageArgs & Readonly<{ filter?: MovieFilterInput | null; orderBy: MovieOrder }>,
    context,
  ) => moviesConnection(args, args.orderBy, readFilter(args.filter), context),
  search: (_, args: Parameters<typeof search>[0], context) => search(args, context),
  genres: (_, { first }: PageArgs, { loaders }) =>
    loaders.firstGenres.load(readSize(first, { argument: 'first', max: 100 })),
  catalogueItem: (_, { id }: IdArgs, context) => loadCatalogueItem(id, context),
} satisfies FieldResolvers<unknown, Context>
