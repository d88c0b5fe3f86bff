import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bar } from '../../bench/support/report.ts'
import { shareText, Tally, type Count } from '../support/count.ts'
import { findWriter, withConnection } from '../support/find-writer.ts'
import { lagReplicas } from '../support/lag.ts'
import { openPlainOrm, Review } from '../support/plain-orm.ts'
import {
  asCookie,
  asHeader,
  publicApi,
  signUp,
  someFilms,
  type Ask,
  type Client,
  type FilmId,
} from '../support/public-api.ts'
import { until, type Platform } from '../support/run-platform.ts'
import { startWorkers } from '../support/workers.ts'

const clients = 20
const plainClients = 4

/** Writes a value that nobody has written before, and reads it back with the token of the write. */
type Pair = Readonly<{
  write: (value: string) => Promise<string | undefined>
  read: (headers: Readonly<Record<string, string>>) => Promise<string | undefined>
}>

const profilePair = (ask: Ask, client: Client): Pair => ({
  write: async bio =>
    (
      await ask(
        'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }',
        { input: { bio } },
        client,
      )
    ).token,
  read: async headers =>
    (await ask<{ viewer: { bio: string } }>('{ viewer { bio } }', {}, { ...client, ...headers })).data.viewer
      .bio,
})

const reviewPair = async (ask: Ask, client: Client, { id: movieId }: FilmId): Promise<Pair> => {
  const { data } = await ask<{ addReview: { id: string } }>(
    'mutation ($input: AddReviewInput!) { addReview(input: $input) { id } }',
    { input: { movieId, stars: 4, text: 'first' } },
    client,
  )
  const { id } = data.addReview
  type Read = { movie: { reviews: { nodes: readonly { id: string; text: string }[] } } }
  return {
    write: async text =>
      (
        await ask(
          'mutation ($input: EditReviewInput!) { editReview(input: $input) { id } }',
          { input: { id, text } },
          client,
        )
      ).token,
    read: async headers =>
      (
        await ask<Read>(
          'query ($movieId: ID!) { movie(id: $movieId) { reviews(first: 20) { nodes { id text } } } }',
          { movieId },
          { ...client, ...headers },
        )
      ).data.movie.reviews.nodes.find(review => review.id === id)?.text,
  }
}

const makePairs = async (ask: Ask): Promise<readonly Pair[]> => {
  const films = await someFilms(ask, clients)
  const pairs: Pair[] = []
  for (const [index, film] of films.entries()) {
    const client = await signUp(ask, `stale_${index}`)
    pairs.push(index % 2 === 0 ? profilePair(ask, client) : await reviewPair(ask, client, film))
  }
  return pairs
}

const noteRead = (tally: Tally, written: string, found: string | undefined): void =>
  found === written ? tally.right() : tally.fault(`"${written}" was written, "${found}" read`)

/**
 * One pair; every second one with the token as a cookie. Every fifth time it is read without the token first: were that
 * never stale, the drill would show nothing.
 */
const tryPair = async (
  { write, read }: Pair,
  turn: number,
  withToken: Tally,
  without: Tally,
): Promise<void> => {
  const value = `value ${turn}`
  const token = await write(value)
  if (token === undefined) throw new Error('a mutation was answered without a token')
  if (turn % 5 === 0) noteRead(without, value, await read({}))
  noteRead(withToken, value, await read(turn % 2 === 0 ? asHeader(token) : asCookie(token)))
}

const startPlain = async (servers: readonly string[], films: readonly FilmId[], tally: Tally) => {
  const writer = await findWriter(servers)
  const orm = openPlainOrm([writer, ...servers.filter(url => url !== writer)])
  const ids = films.map(() => randomUUID())
  await withConnection(writer, async client => {
    for (const [index, id] of ids.entries())
      await client.query(
        `insert into review (id, movie_id, author_id, stars, text) values ($1, $2, $3, 4, 'first')`,
        [id, films[index]?.uuid, randomUUID()],
      )
  })
  // A replica that has not heard of the row yet would be no stale read but a missing one.
  await sleep(2500)
  const workers = startWorkers(ids.length, async (worker, turn) => {
    const id = ids[worker] ?? ''
    const text = `value ${turn}`
    const writing = orm.fork()
    const review = await writing.findOneOrFail(Review, id, { connectionType: 'write' })
    review.text = text
    await writing.flush()
    const { text: found } = await orm.fork().findOneOrFail(Review, id)
    noteRead(tally, text, found)
    // It asks no gateway, and would take the machine for itself.
    await sleep(25)
  })
  return {
    stop: async () => {
      await workers.stop()
      await orm.close()
    },
    failed: workers.failed,
  }
}

/** Write, then read with the write's token, over the public API, while the replicas lag. */
export const staleReads = async (
  platform: Platform,
  quick: boolean,
): Promise<Readonly<{ bars: readonly Bar[]; counts: readonly Count[] }>> => {
  const wanted = quick ? 400 : 10_000
  const ask = publicApi(platform.url)
  const servers = await platform.serversOf('movies')
  const pairs = await makePairs(ask)
  const [marquee, without, builtIn] = [new Tally(), new Tally(), new Tally()]
  const films = await someFilms(ask, plainClients)
  const plain = await startPlain(servers, films, builtIn)
  const lag = await lagReplicas(servers)
  const workers = startWorkers(pairs.length, (worker, turn) => {
    const pair = pairs[worker]
    return marquee.of >= wanted || pair === undefined ? sleep(20) : tryPair(pair, turn, marquee, without)
  })
  try {
    await Promise.race([
      until(`${wanted} pairs`, () => marquee.of >= wanted, 20 * 60_000),
      workers.failed,
      plain.failed,
    ])
  } finally {
    await Promise.allSettled([workers.stop(), plain.stop(), lag.stop()])
  }
  if (marquee.first !== undefined) console.log(`the first stale read: ${marquee.first}`)
  return {
    counts: [
      {
        what: 'stale reads: a write, then a read with its token',
        marquee: marquee.share,
        builtIn: builtIn.share,
        note: `two replicas that lag by 0 to 2 s, each by its own, and at times stand still; without its token Marquee's client read stale ${shareText(without.share)} times`,
      },
    ],
    bars: [
      {
        bar: `stale reads of ${marquee.of} with a token, replicas lag 0 to 2 s`,
        value: marquee.wrong,
        unit: 'reads',
        least: 0,
        aim: 0,
      },
    ],
  }
}
