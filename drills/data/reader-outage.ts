import { setTimeout as sleep } from 'node:timers/promises'
import type { Bar } from '../../bench/support/report.ts'
import { processTree } from '../../bench/support/process-tree.ts'
import { Tally, type Count } from '../support/count.ts'
import { findWriter, isWhole } from '../support/find-writer.ts'
import { Film, openPlainOrm } from '../support/plain-orm.ts'
import { publicApi, signUp, someFilms, type Ask } from '../support/public-api.ts'
import { until, type Platform } from '../support/run-platform.ts'
import { startWorkers } from '../support/workers.ts'

const clients = 8
const plainClients = 4
const hungForMs = 2500
const plainPatienceMs = 5000

type Fault = Readonly<{ name: string; make: (pid: number) => Promise<void> }>

const send = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone already.
    }
  }
}

const faults: readonly Fault[] = [
  { name: 'kill -9', make: async pid => send(await processTree(pid), 'SIGKILL') },
  {
    name: 'SIGSTOP',
    make: async pid => {
      const pids = await processTree(pid)
      send(pids, 'SIGSTOP')
      await sleep(hungForMs)
      send(pids, 'SIGCONT')
    },
  },
  // PostgreSQL's fast shutdown; who looks after the server starts it again.
  { name: 'restart', make: pid => Promise.resolve(send([pid], 'SIGINT')) },
]

const queries = async (ask: Ask): Promise<readonly (() => Promise<unknown>)[]> => {
  const client = await signUp(ask, 'outage')
  const films = await someFilms(ask, clients)
  return [
    ...films.map(
      ({ id }) =>
        () =>
          ask(
            `query ($id: ID!) { movie(id: $id) { title director { name } rating { average count }
              reviews(first: 5) { nodes { stars author { handle } } } } }`,
            { id },
          ),
    ),
    () => ask('{ viewer { handle bio watchlist(first: 5) { nodes { title } } } }', {}, client),
  ]
}

const counted = async (tally: Tally, work: () => Promise<unknown>): Promise<void> => {
  await work().then(
    () => tally.right(),
    (error: Error) => tally.fault(error.message),
  )
}

const inTime = async (work: Promise<unknown>): Promise<unknown> => {
  const timer = new AbortController()
  const late = sleep(plainPatienceMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${plainPatienceMs} ms`)
  })
  late.catch(() => undefined)
  return Promise.race([work, late]).finally(() => timer.abort())
}

const makeFaults = async (platform: Platform, servers: readonly string[], rounds: number): Promise<void> => {
  const ready = (): number => platform.events.filter(({ event }) => event === 'service-ready').length
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, make } of faults) {
      await until('a whole replica set', () => isWhole(servers))
      await sleep(300 + Math.random() * 500)
      const before = ready()
      const replica = `postgres-replica-${1 + (round % 2)}`
      await make(platform.pidOf(replica))
      // One that only hung may go on by itself.
      if (name !== 'SIGSTOP') await until(`${replica}, back`, () => ready() > before)
      await sleep(1000)
    }
  }
  await until('a whole replica set', () => isWhole(servers))
}

/** Queries over the public API while replicas are killed, stopped and restarted: does a client see an error? */
export const readerOutage = async (
  platform: Platform,
  quick: boolean,
): Promise<Readonly<{ bars: readonly Bar[]; counts: readonly Count[] }>> => {
  const rounds = quick ? 1 : 6
  const ask = publicApi(platform.url)
  const servers = await platform.serversOf('movies')
  await until('a whole replica set', () => isWhole(servers))
  const writer = await findWriter(servers)
  const orm = openPlainOrm([writer, ...servers.filter(url => url !== writer)])
  const some = await someFilms(ask, clients)
  const asked = await queries(ask)
  const [marquee, builtIn] = [new Tally(), new Tally()]
  let longestMs = 0
  const asking = startWorkers(asked.length, async worker => {
    const startedAt = performance.now()
    await counted(marquee, () => asked[worker]?.() ?? Promise.resolve())
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  })
  const plain = startWorkers(plainClients, async (worker, turn) => {
    const id = some[(worker + turn) % some.length]?.uuid ?? ''
    await counted(builtIn, () => inTime(orm.fork().findOneOrFail(Film, id, { populate: ['reviews'] })))
    await sleep(10)
  })
  try {
    await makeFaults(platform, servers, rounds)
  } finally {
    await Promise.allSettled([asking.stop(), plain.stop()])
    await orm.close()
  }
  if (marquee.first !== undefined) console.log(`the first error: ${marquee.first}`)
  console.log(`the slowest answer took ${Math.round(longestMs)} ms`)
  const count = rounds * faults.length
  return {
    counts: [
      {
        what: 'errors that clients see',
        marquee: marquee.share,
        builtIn: builtIn.share,
        note: `${count} times a replica is killed, hangs for ${hungForMs} ms or is restarted`,
      },
    ],
    bars: [
      {
        bar: `errors of ${marquee.of} queries over ${count} outages of a replica`,
        value: marquee.wrong,
        unit: 'errors',
        least: 0,
        aim: 0,
      },
    ],
  }
}
