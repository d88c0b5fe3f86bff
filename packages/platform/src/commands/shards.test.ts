import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  bucketOf,
  dataConfig,
  defineEntity,
  Migration,
  openShardedDatabase,
  p,
  sqlRows,
  startTestPostgres,
  type DomainModel,
  type TestPostgres,
} from '@marquee/data'
import pg from 'pg'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

class CreateNotes extends Migration {
  override up(): void {
    this.addSql(
      'create table note (id int, bucket smallint not null, owner text not null, primary key (bucket, id))',
    )
    this.addSql(`select marquee.shard_table('note')`)
  }
}

const note = defineEntity({
  name: 'Note',
  properties: { id: p.integer().primary(), bucket: p.smallint(), owner: p.string() },
})

const model: DomainModel = {
  domain: 'notes',
  sharded: true,
  entities: [note],
  migrations: [{ name: '0001-notes', class: CreateNotes }],
}

const owners = Array.from({ length: 300 }, (_, index) => `owner ${index}`)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postgres: TestPostgres
let env: Record<string, string>
let databases: Record<string, unknown>
beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['one', 'two', 'three', 'films'])
  const writer = (name: string) => ({ writer: postgres.server.url(name) })
  const shards = { s1: writer('one'), s2: writer('two'), s3: writer('three') }
  databases = { notes: { shards }, films: writer('films') }
  const first = await openShardedDatabase(
    dataConfig.parse({ databases: { notes: { shards: { s1: shards.s1, s2: shards.s2 } } } }),
    model,
  )
  await first.migrate()
  for (const [id, owner] of owners.entries()) {
    await first.transaction(owner, em =>
      sqlRows(em, 'insert into note values ($1, $2, $3)', [id, bucketOf(owner), owner]),
    )
  }
  await first.close()
  env = {
    MARQUEE_DATA_DATABASES: JSON.stringify(databases),
    MARQUEE_DATA_STATEMENT_TIMEOUT_MS: '200',
    MARQUEE_PLATFORM_DATA: folder.path,
  }
}, 30_000)
afterAll(async () => {
  await postgres.stop()
  await folder.remove()
})

const shards = (...args: readonly string[]): Cli => runCli(['shards', ...args], env)

const notesOn = async (database: string): Promise<number> => {
  const client = new pg.Client({ connectionString: postgres.server.url(database) })
  await client.connect()
  try {
    return (
      (await client.query<{ notes: number }>('select count(*)::int as notes from note')).rows[0]?.notes ?? 0
    )
  } finally {
    await client.end()
  }
}

describe('marquee shards', () => {
  test('says which commands there are', async () => {
    const cli = shards('--help')
    expect(await cli.exit).toBe(0)
    for (const name of ['status', 'plan', 'add', 'move', 'rebalance', 'drain', 'resume', 'abort'])
      expect(cli.output()).toContain(`  ${name} `)
  })

  test('a shard that was never migrated is not ready', async () => {
    const cli = shards('add', 's3')
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('the shard "s3" has no map')
  })

  test('a shard that joined is ready', async () => {
    const all = await openShardedDatabase(dataConfig.parse({ databases }), model)
    await all.migrate()
    await all.close()
    const cli = shards('add', 's3')
    expect(await cli.exit).toBe(0)
    expect(cli.output()).toContain('s3 is ready')
  })

  test('status shows who has what', async () => {
    const cli = shards('status')
    expect(await cli.exit).toBe(0)
    expect(cli.output()).toMatch(/s1 +512 +0-511 +1\ns2 +512 +512-1023 +1\ns3 +0 +1/)
  })

  test('plan says what rebalance will do, and changes nothing', async () => {
    const cli = shards('plan')
    expect(await cli.exit).toBe(0)
    expect(cli.output()).toContain('from s1 to s3')
    expect(cli.output()).toContain('public.note')
    expect(await notesOn('three')).toBe(0)
  })

  test('asks before it moves', async () => {
    const cli = shards('rebalance')
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('add `--yes`')
    expect(await notesOn('three')).toBe(0)
  })

  test('rebalance gives the new shard its part', async () => {
    const cli = shards('rebalance', '--yes', '--json')
    expect(await cli.exit).toBe(0)
    expect(cli.events.filter(({ event }) => event === 'moved')).toMatchObject([
      { state: 'done' },
      { state: 'done' },
    ])
    const status = shards('status', '--json')
    expect(await status.exit).toBe(0)
    const { shards: list } = await status.waitFor('shards-status')
    expect((list as { buckets: number[] }[]).map(({ buckets }) => buckets.length)).toEqual([342, 341, 341])
    const counts = await Promise.all(['one', 'two', 'three'].map(notesOn))
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(owners.length)
  }, 20_000)

  test('Ctrl-C stops it, status says so, and resume goes on', async () => {
    const cli = shards('move', '--from', 's3', '--to', 's1', '--yes')
    await cli.waitForText('copying')
    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.output()).toContain('`marquee shards resume` goes on')
    const status = shards('status')
    expect(await status.exit).toBe(1)
    expect(status.output()).toContain('a move is unfinished')
    const resumed = shards('resume')
    expect(await resumed.exit).toBe(0)
    expect(resumed.output()).toMatch(/341 buckets moved from s3 to s1 in/)
    expect(await notesOn('three')).toBe(0)
  }, 20_000)

  test('drain empties a shard, and abort finds nothing to give up', async () => {
    const cli = shards('drain', 's2', '--yes')
    expect(await cli.exit).toBe(0)
    expect(await notesOn('two')).toBe(0)
    expect(cli.output()).toContain('writers waited')
    const abort = shards('abort')
    expect(await abort.exit).toBe(1)
    expect(abort.output()).toContain('MOVE_NONE')
  }, 20_000)

  test.each([
    [['move', '--from', 's1', '--to', 's1', '--yes'], 'MOVE_IMPOSSIBLE'],
    [['move', '--from', 's1', '--to', 's9', '--yes'], 'MOVE_IMPOSSIBLE'],
    [['move', '--from', 's1', '--to', 's3', '--buckets', 'x', '--yes'], 'USAGE_INVALID'],
    [['drain', 's9', '--yes'], 'USAGE_INVALID'],
    [['status', '--database', 'films'], 'USAGE_INVALID'],
    [['status', '--database', 'nowhere'], 'USAGE_INVALID'],
  ])('%j is refused', async (args, code) => {
    const cli = shards(...args)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain(code)
  })
})
