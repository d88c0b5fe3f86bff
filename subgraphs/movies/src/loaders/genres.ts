import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { GenreEntity, type NamedRow } from '../entities/named.ts'
import { groupBy } from './group.ts'

/** Genres of each movie, by name. */
export const genresOfMovie = (em: EntityManager): DataLoader<string, readonly NamedRow[]> =>
  new DataLoader(
    async movieIds => {
      const rows = await sqlRows<NamedRow & { movieId: string }>(
        em,
        `select l.movie_id as "movieId", g.id, g.name from movie_genre l join genre g on g.id = l.genre_id
          where l.movie_id = any($1::uuid[]) order by g.search_text, g.id`,
        [movieIds],
      )
      const byMovie = groupBy(rows, row => row.movieId)
      return movieIds.map(id => byMovie.get(id) ?? [])
    },
    { maxBatchSize: 1000 },
  )

/** The first genres, by name; the key is how many. */
export const firstGenres = (em: EntityManager): DataLoader<number, readonly NamedRow[]> =>
  new DataLoader(async sizes => {
    const genres = await em.find(
      GenreEntity,
      {},
      { orderBy: { searchText: 'asc', id: 'asc' }, limit: Math.max(...sizes), disableIdentityMap: true },
    )
    return sizes.map(size => genres.slice(0, size))
  })
