import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { dataConfig, type DataConfig } from '../config.ts'
import { writeState } from '../embedded/server-state.ts'
import { sqlRows } from '../sql-rows.ts'
import { testPassword } from '../testing/cluster-template.ts'
import { keepReplicaSet, type KeptReplicaSet } from '../testing/kept-replica-set.ts'
import { moveByHand } from '../testing/move-by-hand.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { withClient } from '../with-client.ts'
import { bucketOf } from './bucket-of.ts'
import { openShardedDatabase } from './open-sharded-database.ts'
import type { ShardedDatabase } from './sharded-database.ts'

let folder = ''
let kept: KeptReplicaSet
let plain: TestPostgres
let config: DataConfig
let database: ShardedDatabase

const replicaUrl = (): string => {
  const name = kept.set.members.find(member => member !== kept.set.writer) ?? ''
  return kept.servers.get(name)?.url('notes') ?? ''
}

beforeAll(async () => {
  folder = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'postgres'))
  await writeState(join(folder, 'postgres'), { port: 0, password: testPassword })
  ;[plain, kept] = await Promise.all([
    startTestPostgres(),
    keepReplicaSet({ folder: join(folder, 'postgres'), replicas: 1, databases: ['notes'] }),
  ])
  await plain.server.ensureDatabases(['notes'])
  config = dataConfig.parse({
    databases: {
      notes: { shards: { s1: { writer: plain.server.url('notes') }, s2: kept.set.databases()['notes'] } },
    },
    // A reader may be as late as it likes, unless something demands more of it.
    routing: { maxLagMs: 60_000, catchUpMs: 0 },
    shards: { refreshMs: 50 },
    statementTimeoutMs: 500,
  })
  database = await openShardedDatabase(config, noteModel)
  await database.migrate()
}, 60_000)
afterAll(async () => {
  await database.close()
  await kept.stop()
  await plain.stop()
  await rm(folder, { recursive: true, force: true })
}, 30_000)

const asQuery = <T>(work: () => Promise<T>): Promise<T> =>
  database.inRequest({}, scope => {
    scope.reads = 'reader'
    return work()
  })

const read = (...owners: string[]) =>
  asQuery(() =>
    database.byShard<string>(owners, async (em, some) => {
      const rows = await sqlRows<{ owner: string; said: string }>(
        em,
        `select owner, text || case when pg_is_in_recovery() then ' from a reader' else '' end as said
         from note where owner = any($1)`,
        [some],
      )
      return some.map(owner => rows.find(row => row.owner === owner)?.said ?? 'NOTHING')
    }),
  )

const owners = Array.from({ length: 100 }, (_, at) => `owner ${at}`)
const moved = owners.find(owner => bucketOf(owner) < 512) ?? ''
const second = owners.find(owner => bucketOf(owner) >= 512) ?? ''
const write = (owner: string, id: number): Promise<unknown> =>
  database.transaction(owner, em =>
    sqlRows(em, `insert into note values ($1, $2, $3, 'x')`, [id, bucketOf(owner), owner]),
  )

test('what was moved is not looked for on a reader that has not got it yet', async () => {
  await write(moved, 1)
  await write(second, 2)
  await after(300)
  expect(await read(second)).toEqual(['x from a reader'])
  await withClient(replicaUrl(), async client => {
    await client.query(`alter system set recovery_min_apply_delay = '1h'`)
    await client.query('select pg_reload_conf()')
  })
  await after(100)
  const move = moveByHand(config, 's1', 's2', bucketOf(moved))
  await move.fence()
  await move.flip()
  await move.deleteRows()
  await after(200)
  expect(database.map().version).toBe(2)
  expect(await read(moved, second)).toEqual(['x', 'x'])
  await withClient(replicaUrl(), async client => {
    await client.query('alter system reset recovery_min_apply_delay')
    await client.query('select pg_reload_conf()')
  })
  await after(500)
  expect(await read(moved, second)).toEqual(['x from a reader', 'x from a reader'])
}, 20_000)
