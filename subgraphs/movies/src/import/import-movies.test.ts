import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sqlRows, startTestPostgres, type Database, type TestPostgres } from '@marquee/data'
import { moviesModel } from '../model.ts'
import { bundledFilms } from './bundled-films.ts'
import { importMovies, type ImportReport, type SkippedRow } from './import-movies.ts'

let postgres: TestPostgres
let folder: string

beforeAll(async () => {
  postgres = await startTestPostgres()
  folder = await mkdtemp(join(tmpdir(), 'marquee-import-'))
})

afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const bytesOf = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

const importText = (database: Database, text: string): Promise<ImportReport> =>
  importMovies({ database, source: bytesOf(text) })

const titles = async (database: Database): Promise<readonly string[]> => {
  const rows = await sqlRows<{ title: string }>(database.fork(), 'select title from movie order by title')
  return rows.map(row => row.title)
}

describe('the bundled films', () => {
  test('are all imported, mended and counted, and a second time nothing changes', async () => {
    const database = await postgres.database(moviesModel)
    const progress: number[] = []
    const first = await importMovies({
      database,
      source: bundledFilms(),
      onProgress: ({ bytes, totalBytes }) => progress.push(bytes / (totalBytes ?? 0)),
    })
    expect(first).toEqual({
      read: 3201,
      inserted: 3201,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
      skippedCount: 0,
      skipped: [],
      mended: {
        'two-digit year moved back a century': 22,
        'zero gross removed': 113,
        'numeric title made text': 9,
        'title decoded again': 18,
        'article moved to the front of the title': 4,
        'placeholder text removed': 1,
        'doubled quotes made single': 1,
        'placeholder date removed': 8,
        'spaces collapsed': 2,
        'year taken out of the title': 3,
        'missing title filled in': 1,
      },
    })
    expect(progress.at(-1)).toBe(1)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
    const dump = `select m.*, (select array_agg(genre_id) from movie_genre where movie_id = m.id) from movie m order by id`
    const before = await sqlRows(database.fork(), dump)
    const second = await importMovies({ database, source: bundledFilms() })
    expect(second).toMatchObject({ read: 3201, inserted: 0, updated: 0, unchanged: 3201 })
    expect(await sqlRows(database.fork(), dump)).toEqual(before)
    const [range] = await sqlRows(
      database.fork(),
      'select min(release_date) as first, max(release_date) as last, count(distinct director_id) as directors from movie',
    )
    expect(range).toEqual({ first: '1915-02-08', last: '2011-12-23', directors: 550 })
  })
})

describe('a file of a user', () => {
  test('a bad row is skipped with its number and reason, the others go in', async () => {
    const database = await postgres.database(moviesModel)
    const skipped: SkippedRow[] = []
    const rows = [{ title: 'A' }, { title: '' }, 7, { Title: 'B', 'Release Date': 'never' }, { Title: 'C' }]
    const report = await importMovies({
      database,
      source: bytesOf(JSON.stringify(rows)),
      onSkip: row => skipped.push(row),
    })
    expect(report).toMatchObject({ read: 5, inserted: 2, skippedCount: 3 })
    expect(skipped).toEqual([
      { row: 2, reason: '"title": is empty' },
      { row: 3, reason: 'it is not an object' },
      { row: 4, reason: '"never" is not a release date' },
    ])
    expect(report.skipped).toEqual(skipped)
    expect(await titles(database)).toEqual(['A', 'C'])
  })

  test('a changed row changes its film and its genres, and nothing else', async () => {
    const database = await postgres.database(moviesModel)
    const film = (title: string, genres: readonly string[]) => ({ title, releaseDate: '2001-01-01', genres })
    await importText(database, JSON.stringify([film('A', ['Drama']), film('B', ['Drama'])]))
    await sqlRows(
      database.fork(),
      `insert into review (movie_id, author_id, stars, text) select id, uuidv7(), 5, 'x' from movie`,
    )
    const report = await importText(
      database,
      JSON.stringify([film('A', ['Horror', 'War']), film('B', ['Drama'])]),
    )
    expect(report).toMatchObject({ inserted: 0, updated: 1, unchanged: 1 })
    const rows = await sqlRows(
      database.fork(),
      `select m.title, m.rating_count, string_agg(g.name, ' ' order by g.name) as genres
         from movie m join movie_genre l on l.movie_id = m.id join genre g on g.id = l.genre_id
        group by m.id order by m.title`,
    )
    expect(rows).toEqual([
      { title: 'A', rating_count: 1, genres: 'Horror War' },
      { title: 'B', rating_count: 1, genres: 'Drama' },
    ])
  })

  test('the later of two rows of one film counts', async () => {
    const database = await postgres.database(moviesModel)
    const report = await importText(database, '{"title":"A","studio":"X"}\n{"title":"a","studio":"Y"}')
    expect(report).toMatchObject({ read: 2, inserted: 1, duplicates: 1 })
    expect(report.mended).toEqual({ 'duplicate row merged into the later one': 1 })
    expect(await titles(database)).toEqual(['a'])
  })

  test('a broken file keeps what came before the fault, and the mended file completes it', async () => {
    const database = await postgres.database(moviesModel)
    const path = join(folder, 'broken.json')
    await writeFile(path, '[{"title":"A"},{"title":"B"},{"title" "C"}]')
    await expect(importMovies({ database, source: path })).rejects.toMatchObject({
      code: 'IMPORT_FILE_INVALID',
      message: expect.stringMatching(/broken\.json cannot be imported: it is not JSON at byte 38, in row 3/),
    })
    expect(await titles(database)).toEqual(['A', 'B'])
    await writeFile(path, '[{"title":"A"},{"title":"B"},{"title":"C"}]')
    expect(await importMovies({ database, source: path })).toMatchObject({ inserted: 1, unchanged: 2 })
  })

  test.each(['nowhere.json', '.'])('%s cannot be read', async name => {
    const database = await postgres.database(moviesModel)
    await expect(importMovies({ database, source: join(folder, name) })).rejects.toMatchObject({
      code: 'IMPORT_FILE_INVALID',
      message: expect.stringMatching(/ENOENT|EISDIR/),
    })
  })

  test('two imports at once come to the same as one', async () => {
    const database = await postgres.database(moviesModel)
    const reports = await Promise.all([1, 2].map(() => importMovies({ database, source: bundledFilms() })))
    const sum = (field: 'inserted' | 'updated' | 'unchanged'): number =>
      reports.reduce((total, report) => total + report[field], 0)
    expect([sum('inserted'), sum('updated'), sum('unchanged')]).toEqual([3201, 0, 3201])
  })

  test('stops between batches when told', async () => {
    const database = await postgres.database(moviesModel)
    const stop = new AbortController()
    const running = importMovies({
      database,
      source: bundledFilms(),
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
    expect(await titles(database)).toHaveLength(500)
  })
})

test('memory does not grow with the file', async () => {
  const config = JSON.stringify(await postgres.configFor('movies'))
  const path = fileURLToPath(new URL('../testing/import-many.ts', import.meta.url))
  const child = fork(path, [config, '20000'], { execArgv: ['--no-warnings', '--expose-gc'] })
  const [told] = (await once(child, 'message')) as [{ inserted: number; heldMegabytes: number[] }]
  expect(told.inserted).toBe(20_000)
  expect(told.heldMegabytes.length).toBeGreaterThanOrEqual(5)
  const [early = 0] = told.heldMegabytes
  // The films themselves, kept, would be 20 MB and more.
  expect((told.heldMegabytes.at(-1) ?? Infinity) - early).toBeLessThan(5)
}, 60_000)
