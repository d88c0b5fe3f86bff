import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dataConfig } from '../config.ts'
import { promote } from '../embedded/promote.ts'
import { writeState } from '../embedded/server-state.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import { startReplica } from '../embedded/start-replica.ts'
import { openShardedDatabase } from '../shards/open-sharded-database.ts'
import { sqlRows } from '../sql-rows.ts'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { noteModel } from '../testing/note-model.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { databaseStatus, type DatabaseStatus } from './database-status.ts'

let folder = ''
let writer: PostgresServer
let replica: PostgresServer

beforeAll(async () => {
  folder = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'writer'))
  await writeState(join(folder, 'writer'), { port: 0, password: testPassword })
  writer = await startPostgres({
    folder: join(folder, 'writer'),
    createCluster: copyTemplate,
    durable: false,
    settings: { cluster_name: 'first' },
  })
  await writer.ensureDatabases(['films'])
  replica = await startReplica({ folder: join(folder, 'replica'), name: 'second', writer, durable: false })
})
afterAll(async () => {
  await replica.stop()
  await writer.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = async (first: string, ...readers: readonly string[]): Promise<DatabaseStatus> => {
  const { databases } = dataConfig.parse({ databases: { films: { writer: first, readers } } })
  const [status] = await databaseStatus(databases)
  if (status === undefined) throw new Error('none')
  return status
}

describe('databaseStatus', () => {
  test('finds out by itself who writes, and says how each server is', async () => {
    // The wrong way round on purpose.
    const status = await ask(replica.url('films'), writer.url('films'))
    expect(status.problems).toEqual([])
    expect(status.servers).toEqual([
      {
        address: `127.0.0.1:${writer.port}`,
        name: 'first',
        role: 'writer',
        state: 'ok',
        reason: null,
        timeline: 1,
        lagBytes: null,
        lagMs: null,
        connections: 0,
        maxConnections: 100,
        sizeBytes: expect.any(Number),
        sync: null,
        archive: null,
      },
      expect.objectContaining({
        name: 'second',
        role: 'replica',
        state: 'streaming',
        timeline: 1,
        lagBytes: expect.any(Number),
        lagMs: expect.any(Number),
        sync: 'async',
      }),
    ])
  })

  test('has a row with the reason for what cannot be asked, and never a password', async () => {
    const wrong = writer.url('films').replace(`:${testPassword}@`, ':secret-word@')
    const status = await ask(writer.url('films'), 'postgres://marquee:secret-word@127.0.0.1:1/films', wrong)
    expect(status.servers.map(({ state }) => state)).toEqual(['ok', 'unreachable', 'unreachable'])
    expect(status.problems).toEqual([
      expect.stringContaining('127.0.0.1:1: connect ECONNREFUSED'),
      expect.stringContaining('password authentication failed'),
    ])
    expect(JSON.stringify(status)).not.toContain('secret-word')
  })

  test('tells what each shard holds, and what does not fit', async () => {
    await writer.ensureDatabases(['notes', 'notes_2', 'notes_3'])
    const [one, two] = [writer.url('notes'), writer.url('notes_2')]
    const askSharded = async (
      shards: Readonly<Record<string, { writer: string }>>,
    ): Promise<readonly DatabaseStatus[]> => {
      const { databases } = dataConfig.parse({ databases: { notes: { shards } } })
      return databaseStatus(databases)
    }
    const shards = { s1: { writer: one }, s2: { writer: two } }
    expect(await askSharded(shards)).toMatchObject([
      { name: 'notes/s1', shard: null, problems: [] },
      { name: 'notes/s2', shard: null, problems: [] },
    ])
    const database = await openShardedDatabase(
      dataConfig.parse({ databases: { notes: { shards } } }),
      noteModel,
    )
    await database.migrate()
    expect(await askSharded(shards)).toMatchObject([
      {
        name: 'notes/s1',
        shard: { name: 's1', buckets: 512, ranges: '0-511', fenced: 0, mapVersion: 1 },
        problems: [],
        servers: [{ role: 'writer' }],
      },
      { name: 'notes/s2', shard: { buckets: 512, ranges: '512-1023' }, problems: [] },
    ])
    await database
      .shards()[0]
      ?.transaction(em => sqlRows(em, `update marquee.shard_map set state = 'fenced' where bucket in (1, 2)`))
    await database.close()
    expect(
      (await askSharded({ s1: { writer: one }, s3: { writer: two } })).flatMap(({ problems }) => problems),
    ).toEqual([
      '2 buckets take no writes now: they are being moved',
      'the map gives 512 buckets to "s2", which is not configured',
      'it says that it is the shard "s2"',
    ])
    const late = { writer: writer.url('notes_3') }
    expect(await askSharded({ s1: { writer: one }, s2: { writer: two }, s3: late })).toMatchObject([
      { shard: { buckets: 512 } },
      { shard: { buckets: 512 } },
      { name: 'notes/s3', shard: null, problems: [expect.stringContaining('no map')] },
    ])
    const away = { writer: 'postgres://x:y@127.0.0.1:1/notes' }
    expect(await askSharded({ s1: { writer: one }, s2: away })).toMatchObject([
      { shard: { buckets: 512 } },
      { shard: null, problems: [expect.stringContaining('ECONNREFUSED'), 'no server takes writes'] },
    ])
  })

  test('does not call it well when nobody writes, or two do', async () => {
    expect((await ask(replica.url('films'))).problems).toEqual(['no server takes writes'])
    await promote(replica)
    const { problems, servers } = await ask(writer.url('films'), replica.url('films'))
    expect(problems).toEqual([expect.stringContaining('both take writes')])
    expect(servers.map(({ timeline }) => timeline)).toEqual([1, 2])
  })
})
