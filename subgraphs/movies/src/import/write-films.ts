import { createHash } from 'node:crypto'
import { uuidFromName } from '@marquee/contract'
import { sqlRows, type Database } from '@marquee/data'
import { searchText } from '../search-text.ts'
import type { Film } from './film.ts'

export type Written = Readonly<{ inserted: number; updated: number; unchanged: number }>

type Em = ReturnType<Database['fork']>

const movieId = (film: Film): string => uuidFromName('Movie', film.importKey)

/** Rows go in by the order of their ids, so that two imports at once cannot deadlock. */
const byId = (one: { id: string }, other: { id: string }): number => (one.id < other.id ? -1 : 1)

const writeNames = async (
  em: Em,
  type: 'Person' | 'Studio' | 'Genre',
  names: Iterable<string | null>,
): Promise<void> => {
  const rows = [...new Set(names)]
    .filter(name => name !== null)
    .map(name => ({ id: uuidFromName(type, name), name, search_text: searchText(name) }))
  if (rows.length === 0) return
  await sqlRows(
    em,
    `insert into ${type.toLowerCase()} (id, name, search_text)
     select * from json_to_recordset($1::json) as r(id uuid, name text, search_text text)
     on conflict (id) do nothing`,
    [JSON.stringify(rows.toSorted(byId))],
  )
}

const columns = {
  import_key: 'text',
  title: 'text',
  search_text: 'text',
  release_date: 'date',
  running_time_minutes: 'integer',
  mpaa_rating: 'text',
  director_id: 'uuid',
  studio_id: 'uuid',
  source: 'text',
  creative_type: 'text',
  production_budget: 'bigint',
  us_gross: 'bigint',
  worldwide_gross: 'bigint',
  currency: 'text',
  imdb_rating: 'double precision',
  imdb_votes: 'integer',
  rotten_tomatoes_rating: 'smallint',
  import_hash: 'bytea',
} as const

const names = Object.keys(columns)

// A row whose hash is the same is not touched: importing a file again writes nothing.
const upsert = `
  insert into movie (id, ${names.join(', ')})
  select id, ${names.join(', ')} from json_to_recordset($1::json)
    as r(id uuid, ${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')})
  on conflict (id) do update set ${names.map(name => `${name} = excluded.${name}`).join(', ')}
    where movie.import_hash <> excluded.import_hash
  returning id, old.id is null as inserted`

const movieRow = (film: Film): Record<keyof typeof columns | 'id', unknown> => ({
  id: movieId(film),
  import_key: film.importKey,
  title: film.title,
  search_text: searchText(film.title),
  release_date: film.releaseDate,
  running_time_minutes: film.runningTimeMinutes,
  mpaa_rating: film.mpaaRating,
  director_id: film.director === null ? null : uuidFromName('Person', film.director),
  studio_id: film.studio === null ? null : uuidFromName('Studio', film.studio),
  source: film.source,
  creative_type: film.creativeType,
  production_budget: film.productionBudget,
  us_gross: film.usGross,
  worldwide_gross: film.worldwideGross,
  currency: film.currency,
  imdb_rating: film.imdbRating,
  imdb_votes: film.imdbVotes,
  rotten_tomatoes_rating: film.rottenTomatoesRating,
  import_hash: `\\x${createHash('sha256').update(JSON.stringify(film)).digest('hex')}`,
})

const writeGenresOf = async (em: Em, films: readonly Film[]): Promise<void> => {
  if (films.length === 0) return
  const links = films.flatMap(film =>
    film.genres.map(name => ({
      movie_id: movieId(film),
      genre_id: uuidFromName('Genre', name),
      released: film.releaseDate ?? '-infinity',
    })),
  )
  await sqlRows(em, 'delete from movie_genre where movie_id = any($1::uuid[])', [films.map(movieId)])
  await sqlRows(
    em,
    `insert into movie_genre (movie_id, genre_id, released)
     select * from json_to_recordset($1::json) as r(movie_id uuid, genre_id uuid, released date)`,
    [JSON.stringify(links)],
  )
}

/** Writes a batch in one transaction, one statement a table. No two films of it have the same import key. */
export const writeFilms = (database: Database, films: readonly Film[]): Promise<Written> =>
  database.transaction(async em => {
    await writeNames(
      em,
      'Genre',
      films.flatMap(film => film.genres),
    )
    await writeNames(
      em,
      'Person',
      films.map(film => film.director),
    )
    await writeNames(
      em,
      'Studio',
      films.map(film => film.studio),
    )
    const rows = films.map(movieRow).toSorted((one, other) => (String(one.id) < String(other.id) ? -1 : 1))
    const written = await sqlRows<{ id: string; inserted: boolean }>(em, upsert, [JSON.stringify(rows)])
    const changed = new Set(written.map(row => row.id))
    await writeGenresOf(
      em,
      films.filter(film => changed.has(movieId(film))),
    )
    const inserted = written.filter(row => row.inserted).length
    return { inserted, updated: written.length - inserted, unchanged: films.length - written.length }
  })

/** Lets the planner see what was written, rather than at the next autovacuum. */
export const refreshStatistics = async (database: Database): Promise<void> => {
  await sqlRows(database.fork(), 'analyze movie, movie_genre, person, studio, genre')
}
