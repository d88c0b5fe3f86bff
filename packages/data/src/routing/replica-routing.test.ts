import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { ConsistencyToken } from '@marquee/contract'
import { dataConfig } from '../config.ts'
import type { Database } from '../database.ts'
import { backendsIn, signal } from '../embedded/processes.ts'
import { writeState } from '../embedded/server-state.ts'
import { withClient } from '../with-client.ts'
import { openDatabase } from '../open-database.ts'
import { sqlRows } from '../sql-rows.ts'
import { testPassword } from '../testing/cluster-template.ts'
import { filmModel } from '../testing/film-model.ts'
import { keepReplicaSet, type KeptReplicaSet } from '../testing/kept-replica-set.ts'
import { tempFolder } from '../testing/temp-folder.ts'

let folder = ''
let kept: KeptReplicaSet
let database: Database

const open = (routing: object = {}): Promise<Database> =>
  openDatabase(dataConfig.parse({ databases: kept.set.databases(), routing }), filmModel)

beforeAll(async () => {
  folder = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'postgres'))
  await writeState(join(folder, 'postgres'), { port: 0, password: testPassword })
  kept = await keepReplicaSet({ folder: join(folder, 'postgres'), replicas: 2 })
  database = await open()
  await sqlRows(database.fork(), 'create table tally (name text primary key, value int not null)')
  await sqlRows(database.fork(), "insert into tally select 'row ' || n, 0 from generate_series(1, 50) n")
}, 60_000)
afterAll(async () => {
  // What was killed last may just be starting again.
  await settled()
  await database.close()
  await kept.stop()
  await rm(folder, { recursive: true, force: true })
}, 30_000)

const asQuery = <T>(work: () => Promise<T>, seen: ConsistencyToken = {}, isGraph = true): Promise<T> =>
  database.inRequest(seen, scope => {
    scope.reads = 'reader'
    scope.isGraph = isGraph
    return work()
  })

const asMutation = async (work: () => Promise<unknown>): Promise<ConsistencyToken> =>
  database.inRequest({}, async scope => {
    await work()
    return scope.wrote
  })

const port = async (): Promise<number> => {
  const [row] = await sqlRows<{ port: number }>(database.fork(), 'select inet_server_port() as port')
  return row?.port ?? 0
}

const portOf = (name: string): number => kept.servers.get(name)?.port ?? 0
const readers = (): readonly string[] => kept.set.members.filter(name => name !== kept.set.writer)

const setAll = (value: number): Promise<unknown> =>
  database.transaction(em => sqlRows(em, 'update tally set value = $1', [value]))

const read = async (): Promise<number | undefined> =>
  (await sqlRows<{ value: number }>(database.fork(), "select value from tally where name = 'row 7'"))[0]
    ?.value

const settled = async (): Promise<void> => {
  for (let waited = 0; waited < 15_000; waited += 100) {
    await after(100)
    const ports = new Set<number>()
    for (let n = 0; n < 12; n += 1) ports.add(await asQuery(port))
    const isWhole = kept.servers.size === 3 && kept.set.isArmed
    if (isWhole && ports.size === 2 && !ports.has(portOf(kept.set.writer))) return
  }
  throw new Error('the replica set has not come back')
}
beforeEach(settled, 20_000)

/** Reads as fast as it can, over several connections, until it is stopped. */
const readLoad = (isGraph: boolean) => {
  const errors: unknown[] = []
  const stopping = new AbortController()
  let longestMs = 0
  let count = 0
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now()
      try {
        await asQuery(read, {}, isGraph)
        count += 1
      } catch (error) {
        errors.push(error)
      }
      longestMs = Math.max(longestMs, performance.now() - startedAt)
    }
  }
  const done = Promise.all(Array.from({ length: 6 }, run))
  return {
    stop: async () => {
      stopping.abort()
      await done
      return { errors, longestMs, count }
    },
  }
}

describe('where statements go', () => {
  test('queries to readers, each request to one; all else to the writer', async () => {
    const writer = portOf(kept.set.writer)
    const ports = await asQuery(() => Promise.all([port(), port(), port()]))
    expect(new Set(ports).size).toBe(1)
    expect(ports).not.toContain(writer)
    expect(await port()).toBe(writer)
    expect(await database.inRequest({}, port)).toBe(writer)
    expect(
      await asQuery(() => database.transaction(em => sqlRows(em, 'select inet_server_port() as port'))),
    ).toEqual([{ port: writer }])
  })

  test('after its own write a request reads from the writer', async () => {
    const [before, after] = await asQuery(async () => {
      const first = await port()
      await setAll(1)
      return [first, await port()]
    })
    expect(before).not.toBe(portOf(kept.set.writer))
    expect(after).toBe(portOf(kept.set.writer))
  })
})

const onReaders = async (sql: string): Promise<void> => {
  for (const name of readers()) {
    const url = kept.servers.get(name)?.url('postgres') ?? ''
    await withClient(url, async client => {
      await client.query(sql)
      await client.query('select pg_reload_conf()')
    })
  }
}

describe('readers that lag', () => {
  test('serve nobody who has seen more; what was written is read back at once', async () => {
    await onReaders("alter system set recovery_min_apply_delay = '400ms'")
    try {
      let staleWithout = 0
      for (let value = 100; value < 130; value += 1) {
        const seen = await asMutation(() => setAll(value))
        expect(Object.keys(seen)).toEqual(['films'])
        if ((await asQuery(read)) !== value) staleWithout += 1
        expect(await asQuery(read, seen)).toBe(value)
      }
      expect(staleWithout).toBeGreaterThan(10)
    } finally {
      await onReaders('alter system reset recovery_min_apply_delay')
    }
  })

  test('serve nobody at all when they lag too far, or replay no more', async () => {
    const strict = await open({ maxLagMs: 150 })
    const readStrictly = (): Promise<number> =>
      strict.inRequest({}, async scope => {
        scope.reads = 'reader'
        const [row] = await sqlRows<{ port: number }>(strict.fork(), 'select inet_server_port() as port')
        return row?.port ?? 0
      })
    try {
      await onReaders("alter system set recovery_min_apply_delay = '2s'")
      await after(300)
      await setAll(2)
      await after(600)
      expect(await readStrictly()).toBe(portOf(kept.set.writer))
    } finally {
      await onReaders('alter system reset recovery_min_apply_delay')
    }
    try {
      await settled()
      await onReaders('select pg_wal_replay_pause()')
      await after(500)
      expect(await readStrictly()).toBe(portOf(kept.set.writer))
    } finally {
      await onReaders('select pg_wal_replay_resume()')
      await strict.close()
    }
  }, 30_000)
})

test('graphs read by several statements are of one moment while the writer writes', async () => {
  const stopping = new AbortController()
  const writing = (async () => {
    for (let value = 1000; !stopping.signal.aborted; value += 1) await setAll(value)
  })()
  const one = (name: string) =>
    sqlRows<{ value: number }>(database.fork(), 'select value from tally where name = $1', [name])
  const torn = async (isGraph: boolean): Promise<number> => {
    let count = 0
    for (let round = 0; round < 150; round += 1) {
      const values = await asQuery(
        async () => {
          const [parent] = await one('row 1')
          const [child] = await one('row 50')
          return [parent?.value, child?.value]
        },
        {},
        isGraph,
      )
      if (values[0] !== values[1]) count += 1
    }
    return count
  }
  try {
    expect(await torn(true)).toBe(0)
    expect(await torn(false)).toBeGreaterThan(0)
  } finally {
    stopping.abort()
    await writing
  }
}, 30_000)

describe('a reader that is lost costs no caller an error', () => {
  test.each([
    ['killed', 'SIGKILL', true],
    ['killed, requests of one statement', 'SIGKILL', false],
    ['hung', 'SIGSTOP', true],
  ] as const)(
    '%s',
    async (_how, how, isGraph) => {
      const [name = ''] = readers()
      const server = kept.servers.get(name)
      if (server === undefined) throw new Error('no reader')
      const load = readLoad(isGraph)
      await after(200)
      const pids = [...(await backendsIn(server.data)), server.pid]
      for (const pid of pids) signal(pid, how)
      await after(1500)
      const { errors, longestMs, count } = await load.stop()
      if (how === 'SIGSTOP') for (const pid of pids) signal(pid, 'SIGKILL')
      expect(errors).toEqual([])
      expect(count).toBeGreaterThan(100)
      expect(longestMs).toBeLessThan(1200)
    },
    30_000,
  )

  test('in the middle of a graph the request is told to begin anew', async () => {
    const outcome = await database.inRequest({}, async scope => {
      scope.reads = 'reader'
      const at = await port()
      const [, server] = [...kept.servers].find(([, each]) => each.port === at) ?? []
      const pids = server === undefined ? [] : [...(await backendsIn(server.data)), server.pid]
      for (const pid of pids) signal(pid, 'SIGKILL')
      const error: unknown = await read().catch((reason: unknown) => reason)
      return { error, hasLostSnapshot: scope.hasLostSnapshot }
    })
    expect(outcome).toMatchObject({ error: { code: 'DATABASE_UNAVAILABLE' }, hasLostSnapshot: true })
  })
})

test('a new writer is found by itself: writes are held meanwhile, what was acknowledged is read back', async () => {
  const old = kept.set.writer
  const seen = await asMutation(() => setAll(77))
  const server = kept.servers.get(old)
  signal(server?.pid ?? 0, 'SIGKILL')
  // What is being committed when the writer dies is an error: nobody knows whether it was.
  await server?.exited
  const startedAt = performance.now()
  const later = await asMutation(() =>
    database.transaction(em => sqlRows(em, "insert into tally values ('new', 1)")),
  )
  const stallMs = performance.now() - startedAt
  expect(kept.set.writer).not.toBe(old)
  expect(stallMs).toBeLessThan(4000)
  expect(later['films']?.timeline).toBe((seen['films']?.timeline ?? 0) + 1)
  expect(await asQuery(read, seen)).toBe(77)
  const [row] = await asQuery(
    () => sqlRows<{ value: number }>(database.fork(), "select value from tally where name = 'new'"),
    later,
  )
  expect(row).toEqual({ value: 1 })
}, 30_000)
