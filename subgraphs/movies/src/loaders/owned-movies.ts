import { movieColumns } from '../entities/movie.ts'
import type { ChildList } from './child-pages.ts'

const newestFirst = (owner: 'director_id' | 'studio_id'): ChildList => ({
  columns: movieColumns,
  from: 'movie m',
  where: `m.${owner} = p.id`,
  sort: [
    { sql: "coalesce(m.release_date, date '-infinity')", type: 'date' },
    { sql: 'm.id', type: 'uuid' },
  ],
  direction: 'desc',
})

/** Movies of one owner, newest first, those without a date last. */
export const ownedMovies = {
  Person: newestFirst('director_id'),
  Studio: newestFirst('studio_id'),
  Genre: {
    columns: movieColumns,
    from: 'movie_genre g join movie m on m.id = g.movie_id',
    where: 'g.genre_id = p.id',
    sort: [
      { sql: 'g.released', type: 'date' },
      { sql: 'g.movie_id', type: 'uuid' },
    ],
    direction: 'desc',
  },
} as const satisfies Record<string, ChildList>
