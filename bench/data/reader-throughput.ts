import { mkdtemp, chmod, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataConfig, openDatabase, sqlRows, type Database } from '@marquee/data'
import { openEmbeddedReplicaSet } from '@marquee/data/embedded'
import { moviesModel } from '@marquee/movies'
import { makeLoaders } from '../../subgraphs/movies/src/loaders/index.ts'
import { CpuQuotas } from '../support/cpu-quota.ts'
import { cpuTicksOf } from '../support/process-tree.ts'
import { median } from '../support/report.ts'
import { addReviews, fillFilms } from './films.ts'
import { interleave, type CaseResult } from './result.ts'

/** Cores that each server may use. Three of them and the client must fit into the machine. */
const share = 0.1
const lines = 24
const writesIn = 20 // one of so many operations
const filmsARead = 20

type Replicated = Readonly<{
  database: Database
  ids: readonly string[]
  pids: readonly number[]
  stop: () => Promise<void>
}>

/** A writer with so many replicas, in servers of their own, filled with films and reviews. */
const openReplicated = async (folder: string, replicas: number): Promise<Replicated> => {
  const place = join(folder, `with-${replicas}`, 'postgres')
  await mkdir(place, { recursive: true })
  await chmod(join(folder, `with-${replicas}`), 0o711)
  const set = await openEmbeddedReplicaSet({
    name: 'postgres',
    folder: place,
    replicas,
    databases: ['movies'],
    hangMs: 0,
    log: () => undefined,
    report: () => undefined,
  })
  const [first = '', ...others] = set.members
  const servers = [await set.launch(first)]
  const stop = async (): Promise<void> => {
    set.close()
    for (const server of servers.toReversed()) await server.stop()
  }
  try {
    for (const name of others) servers.push(await set.launch(name))
    const database = await openDatabase(
      // A server that is held to a tenth of a core takes its time; that is no outage here.
      dataConfig.parse({
        databases: set.databases(),
        pool: { max: 30, acquireTimeoutMs: 30_000 },
        routing: { heartbeatTimeoutMs: 30_000, maxLagMs: 10_000 },
        statementTimeoutMs: 30_000,
      }),
      moviesModel,
    )
    await database.migrate()
    const ids = await fillFilms(database)
    await addReviews(database, ids.slice(0, 1000), 10)
    return {
      database,
      ids: ids.slice(0, 1000),
      pids: servers.map(server => server.pid),
      stop: async () => {
        await database.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What a page of films asks: its reviews, in one statement, on a reader when there is one. */
const readOnce = ({ database, ids }: Replicated, turn: number): Promise<unknown> =>
  database.inRequest({}, scope => {
    scope.reads = 'reader'
    scope.isGraph = false
    const { reviewsOfMovie } = makeLoaders(database.fork())
    const from = (turn * filmsARead) % (ids.length - filmsARead)
    return Promise.all(
      ids
        .slice(from, from + filmsARead)
        .map(parent => reviewsOfMovie.load({ parent, order: 'NEWEST', limit: 5, after: null })),
    )
  })

const writeOnce = ({ database, ids }: Replicated, turn: number): Promise<unknown> =>
  database.transaction(em =>
    sqlRows(
      em,
      'update review set stars = 1 + mod(stars, 5) where id = (select id from review where movie_id = $1 order by id limit 1)',
      [ids[(turn * 13) % ids.length]],
    ),
  )

type Window = Readonly<{
  readsPerSecond: number
  /** CPU that the busiest server used, of what it may use. */
  busy: number
}>

const ticksOf = (pids: readonly number[]): Promise<number[]> => Promise.all(pids.map(cpuTicksOf))

/** The mix for `windowMs`. */
const throughput = async (replicated: Replicated, windowMs: number): Promise<Window> => {
  let reads = 0
  const before = await ticksOf(replicated.pids)
  let turn = 0
  const until = performance.now() + windowMs
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: lines }, async () => {
      while (performance.now() < until) {
        turn += 1
        if (turn % writesIn === 0) await writeOnce(replicated, turn)
        else {
          await readOnce(replicated, turn)
          reads += 1
        }
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const after = await ticksOf(replicated.pids)
  const used = after.map((ticks, index) => (ticks - (before[index] ?? 0)) / 100 / seconds)
  return { readsPerSecond: reads / seconds, busy: Math.max(...used) / share }
}

const title = `Reads per second, ${writesIn - 1} reads to a write, each server bounded to ${share} cores`

/** Below this the servers were not what held the reads up: the client was, or another program on this machine. */
const leastBusy = 0.8

const measure = async (one: Replicated, three: Replicated, quick: boolean): Promise<CaseResult> => {
  const windowMs = quick ? 3000 : 10_000
  const run = (replicated: Replicated) => async (): Promise<Window> => {
    // What was left of the quota is not saved up for the other.
    await sleep(300)
    return throughput(replicated, windowMs)
  }
  await interleave(1, run(one), run(three))
  const figures = await interleave(quick ? 3 : 9, run(one), run(three))
  const row = (servers: string, windows: readonly Window[]) => ({
    servers,
    'reads/s': median(windows.map(({ readsPerSecond }) => readsPerSecond)).toFixed(0),
    'CPU of the busiest server, % of its bound': (median(windows.map(({ busy }) => busy)) * 100).toFixed(0),
  })
  const isIdle = figures.some(({ one: alone, other }) => Math.min(alone.busy, other.busy) < leastBusy)
  return {
    title,
    rows: [
      row(
        'a writer',
        figures.map(figure => figure.one),
      ),
      row(
        'a writer and two readers',
        figures.map(figure => figure.other),
      ),
    ],
    bars: [
      {
        bar: 'read throughput of a read-heavy mix, 2 readers over none',
        value: median(figures.map(figure => figure.other.readsPerSecond / figure.one.readsPerSecond)),
        unit: 'x',
        least: 1.8,
        aim: 2,
        moreIsBetter: true,
        ...(isIdle && { note: 'the servers were not busy: this machine does something else' }),
      },
    ],
  }
}

/** What two readers are worth: the same mix on a writer alone and on one with two readers. */
export const readerThroughput = async (quick: boolean): Promise<CaseResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'))
  // As root the database runs as another user, who must get through.
  await chmod(folder, 0o711)
  const quotas = new CpuQuotas()
  const opened: Replicated[] = []
  try {
    const one = await openReplicated(folder, 0)
    opened.push(one)
    const three = await openReplicated(folder, 2)
    opened.push(three)
    for (const pid of [...one.pids, ...three.pids]) {
      const problem = await quotas.bound(pid, share).then(
        () => undefined,
        (error: Error) => error.message,
      )
      if (problem !== undefined)
        return { title, rows: [], bars: [], skipped: `no control group for a server: ${problem}` }
    }
    return await measure(one, three, quick)
  } finally {
    for (const replicated of opened) await replicated.stop()
    await quotas.close()
    await rm(folder, { recursive: true, force: true })
  }
}
