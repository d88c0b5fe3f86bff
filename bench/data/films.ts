import { randomUUID } from 'node:crypto'
import { sqlRows, startTestPostgres, type Database } from '@marquee/data'
import { bundledFilms, importMovies, moviesModel } from '@marquee/movies'

/** The films of the project, on one server of their own. */
export type Films = Readonly<{
  database: Database
  url: string
  ids: readonly string[]
  stop: () => Promise<void>
}>

/** Reviews for some films, as many each. The triggers would keep each film's summary: nobody asks for it here. */
export const addReviews = async (
  database: Database,
  films: readonly string[],
  each: number,
): Promise<void> => {
  await database.transaction(async em => {
    await sqlRows(em, 'set local session_replication_role = replica')
    await sqlRows(em, 'set local statement_timeout = 0')
    for (let author = 0; author < each; author += 1)
      await sqlRows(
        em,
        `insert into review (movie_id, author_id, stars, text, created_at)
         select id, $2, 1 + mod($3::int, 5), 'A text of the usual length, as people write them. ' || id, now() - make_interval(hours => $3::int)
           from unnest($1::uuid[]) id`,
        [films, randomUUID(), author],
      )
  })
  await sqlRows(database.fork(), 'analyze')
}

export const fillFilms = async (database: Database): Promise<readonly string[]> => {
  await importMovies({ database, source: bundledFilms() })
  const rows = await sqlRows<{ id: string }>(database.fork(), 'select id from movie order by id')
  return rows.map(row => row.id)
}

export const openFilms = async (): Promise<Films> => {
  const postgres = await startTestPostgres()
  const database = await postgres.database(moviesModel)
  const ids = await fillFilms(database)
  const [name] = await sqlRows<{ name: string }>(database.fork(), 'select current_database() as name')
  return Object.freeze({
    database,
    ids,
    url: postgres.server.url(name?.name ?? ''),
    stop: postgres.stop,
  })
}
