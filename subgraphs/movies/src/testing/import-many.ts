// A process of its own that imports many films and says how its memory went: for import-movies.test.ts.
import { openDatabase, type DataConfig } from '@marquee/data'
import { importMovies } from '../import/import-movies.ts'
import { moviesModel } from '../model.ts'

const [config = '', count = ''] = process.argv.slice(2)
const rows = Number(count)

async function* films(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('[')
  for (let from = 0; from < rows; from += 100) {
    const batch = Array.from({ length: 100 }, (_, at) => {
      const n = from + at
      return JSON.stringify({
        title: `The film of number ${n}`,
        releaseDate: new Date(n * 1e7).toISOString().slice(0, 10),
        runningTimeMinutes: 60 + (n % 90),
        genres: [`Genre ${n % 20}`, `Genre ${20 + (n % 7)}`],
        director: `Director ${n % 5000}`,
        studio: `Studio ${n % 300}`,
        source: 'Original Screenplay',
        worldwideGross: n * 1000,
        imdbRating: 1 + (n % 90) / 10,
        imdbVotes: n,
      })
    })
    yield Buffer.from((from === 0 ? '' : ',') + batch.join(','))
  }
  yield Buffer.from(']')
}

const database = await openDatabase(JSON.parse(config) as DataConfig, moviesModel)
await database.migrate()
const begun = performance.now()
// What is held, not what awaits collection: so it is collected first.
const heldMegabytes: number[] = []
const report = await importMovies({
  database,
  source: films(),
  onProgress: ({ rows: done }) => {
    if (done % 4000 !== 0) return
    globalThis.gc?.()
    heldMegabytes.push(process.memoryUsage().heapUsed / 1e6)
  },
})
const seconds = (performance.now() - begun) / 1000
await database.close()
const peakMegabytes = process.resourceUsage().maxRSS / 1000
process.send?.({ inserted: report.inserted, heldMegabytes, peakMegabytes, seconds })
