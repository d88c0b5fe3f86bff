import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { movieColumns, type MovieRow } from '../entities/movie.ts'
import { groupBy } from './group.ts'

export type SimilarTo = Readonly<{ movieId: string; size: number }>

/** How many films on each side in time are looked at in each genre: bounds the work, whatever a genre's size. */
const neighbours = 150

const near = (comparison: '<=' | '>', direction: 'desc' | 'asc'): string => `
  (select g.movie_id from movie_genre g
    where g.genre_id = mine.genre_id and g.released ${comparison} mine.released
    order by g.released ${direction}, g.movie_id ${direction} limit ${neighbours})`

const sql = `
  select p.id as parent, likeness.* from unnest($1::uuid[]) as p (id)
    join movie self on self.id = p.id
   cross join lateral (
    select ${movieColumns},
           case when m.director_id = self.director_id then 3 else 0 end
           + 2 * (select count(*) from movie_genre a join movie_genre b on b.genre_id = a.genre_id
                   where a.movie_id = self.id and b.movie_id = m.id)
           + case when m.creative_type = self.creative_type then 1 else 0 end
           + coalesce(greatest(0, 1 - abs(m.release_date - self.release_date) / 3652.5), 0) as likeness
      from (
        select near.movie_id as id from movie_genre mine cross join lateral (
          ${near('<=', 'desc')} union all ${near('>', 'asc')}) near
         where mine.movie_id = self.id
        union
        (select id from movie where director_id = self.director_id limit ${neighbours})
      ) candidate join movie m on m.id = candidate.id
     where m.id <> self.id
     order by likeness desc, m.imdb_votes desc nulls last, m.id limit $2) likeness
   order by p.id, likeness.likeness desc, likeness."imdbVotes" desc nulls last, likeness.id`

/** Movies like a movie, closest first: director 3, each genre 2, creative type 1, time up to 1 within ten years. */
export const similarMovies = (em: EntityManager): DataLoader<SimilarTo, readonly MovieRow[], string> => {
  const keyOf = ({ movieId, size }: SimilarTo): string => `${movieId} ${size}`
  const read = async (wanted: readonly SimilarTo[]): Promise<[string, readonly MovieRow[]][]> => {
    const rows = await sqlRows<MovieRow & { parent: string }>(em, sql, [
      wanted.map(({ movieId }) => movieId),
      wanted[0]?.size ?? 0,
    ])
    const byParent = groupBy(rows, row => row.parent)
    return wanted.map(one => [keyOf(one), byParent.get(one.movieId) ?? []])
  }
  return new DataLoader(
    async wanted => {
      const alike = [...groupBy(wanted, ({ size }) => size).values()]
      const found = new Map((await Promise.all(alike.map(read))).flat())
      return wanted.map(one => found.get(keyOf(one)) ?? [])
    },
    { cacheKeyFn: keyOf, maxBatchSize: 100 },
  )
}
