import { randomUUID } from 'node:crypto'
import type { Bar } from '../../bench/support/report.ts'
import { Tally, type Count } from '../support/count.ts'
import { findWriter, withConnection } from '../support/find-writer.ts'
import { Film, openPlainOrm } from '../support/plain-orm.ts'
import { publicApi, someFilms, type FilmId } from '../support/public-api.ts'
import { until, type Platform } from '../support/run-platform.ts'
import { startWorkers } from '../support/workers.ts'

const films = 8
const reviewsEach = 5

const graph = `query ($id: ID!) {
  movie(id: $id) { rating { average count } reviews(first: 20) { nodes { stars } } }
}`

type Graph = {
  movie: {
    rating: { average: number | null; count: number }
    reviews: { nodes: readonly { stars: number }[] }
  }
}

/** All reviews of a film have the same stars at any one moment, and so has its rating. */
const isTorn = (ratingSum: number, ratingCount: number, stars: readonly number[]): boolean =>
  ratingCount !== reviewsEach ||
  stars.length !== reviewsEach ||
  stars.some(one => one * reviewsEach !== ratingSum)

const prepare = (writer: string, some: readonly FilmId[]): Promise<void> =>
  withConnection(writer, async client => {
    const uuids = some.map(film => film.uuid)
    await client.query('delete from review where movie_id = any($1::uuid[])', [uuids])
    for (let review = 0; review < reviewsEach; review += 1)
      await client.query(
        `insert into review (movie_id, author_id, stars, text) select id, $2, 1, 'one of five' from unnest($1::uuid[]) id`,
        [uuids, randomUUID()],
      )
  })

/** Changes all reviews of one film after the other, each film's in one statement, as fast as the writer takes it. */
const startWriting = (writer: string, some: readonly FilmId[]) => {
  const stopping = new AbortController()
  const writing = withConnection(writer, async client => {
    for (let turn = 1; !stopping.signal.aborted; turn += 1)
      for (const { uuid } of some)
        await client.query('update review set stars = $1 where movie_id = $2', [1 + (turn % 5), uuid])
  })
  return {
    failed: writing.then(() => new Promise<never>(() => undefined)),
    stop: () => {
      stopping.abort()
      return writing
    },
  }
}

/** A film with its reviews, read while they change: do parent and children show one moment? */
export const tornGraphs = async (
  platform: Platform,
  quick: boolean,
): Promise<Readonly<{ bars: readonly Bar[]; counts: readonly Count[] }>> => {
  const wanted = quick ? 1000 : 10_000
  const ask = publicApi(platform.url)
  const servers = await platform.serversOf('movies')
  const writer = await findWriter(servers)
  const some = await someFilms(ask, films)
  const [marquee, builtIn] = [new Tally(), new Tally()]
  await prepare(writer, some)
  await until('the reviews, replayed', () => replayed(servers))
  const writing = startWriting(writer, some)
  const orm = openPlainOrm([writer, ...servers.filter(url => url !== writer)])
  // Each has a film to itself: equal queries in flight would share one answer.
  const asking = startWorkers(some.length, async worker => {
    const { data } = await ask<Graph>(graph, { id: some[worker]?.id })
    const { rating, reviews } = data.movie
    const stars = reviews.nodes.map(review => review.stars)
    if (isTorn((rating.average ?? 0) * rating.count, rating.count, stars))
      marquee.fault(JSON.stringify(data.movie))
    else marquee.right()
  })
  const plain = startWorkers(2, async (worker, turn) => {
    const id = some[(worker + turn) % some.length]?.uuid ?? ''
    const film = await orm.fork().findOneOrFail(Film, id, { populate: ['reviews'] })
    const stars = film.reviews.getItems().map(review => review.stars)
    if (isTorn(film.ratingSum, film.ratingCount, stars)) builtIn.fault(stars.join(' '))
    else builtIn.right()
  })
  try {
    await Promise.race([
      until(`${wanted} graphs`, () => marquee.of >= wanted, 20 * 60_000),
      asking.failed,
      plain.failed,
      writing.failed,
    ])
  } finally {
    await Promise.allSettled([asking.stop(), plain.stop(), writing.stop()])
    await orm.close()
  }
  if (marquee.first !== undefined) console.log(`the first torn graph: ${marquee.first}`)
  return {
    counts: [
      {
        what: 'torn graphs: a film and its reviews',
        marquee: marquee.share,
        builtIn: builtIn.share,
        note: 'one client changes 8 films without a rest; the replicas follow as fast as they can',
      },
    ],
    bars: [
      {
        bar: `torn graphs of ${marquee.of} while the writer updates`,
        value: marquee.wrong,
        unit: 'graphs',
        least: 0,
        aim: 0,
      },
    ],
  }
}

/** Every server has five reviews of whatever film has the most: nothing of the preparation is on its way. */
const replayed = async (servers: readonly string[]): Promise<boolean> => {
  const seen = await Promise.all(
    servers.map(url =>
      withConnection(url, async client => {
        const { rows } = await client.query<{ n: number }>(
          `select count(*)::int as n from review where text = 'one of five'`,
        )
        return rows[0]?.n
      }),
    ),
  )
  return seen.every(count => count === films * reviewsEach)
}
