import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import pg from 'pg'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postgres: TestPostgres
let client: pg.Client
let env: Record<string, string>
beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['shop', 'calm'])
  client = new pg.Client({ connectionString: postgres.server.url('shop') })
  await client.connect()
  for (const statement of [
    'create table item (id int primary key, owner int not null) with (autovacuum_enabled = off)',
    'insert into item select n, n % 5000 from generate_series(1, 20000) n',
    'select pg_stat_force_next_flush()',
    'analyze',
    `select * from item where owner = 5 /*field='User.items',loader='itemsOf.User'*/`,
  ]) {
    await client.query(statement)
  }
  const databases = Object.fromEntries(
    ['shop', 'calm'].map(name => [name, { writer: postgres.server.url(name) }]),
  )
  env = { MARQUEE_DATA_DATABASES: JSON.stringify(databases), MARQUEE_PLATFORM_DATA: folder.path }
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
  await folder.remove()
})

const doctor = (...args: readonly string[]): Cli => runCli(['db', 'doctor', ...args], env)

describe('marquee db doctor', () => {
  test('tells what it finds, for people, and ends with 1', async () => {
    const cli = doctor()
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('critical  missing-index  item')
    expect(cli.output()).toContain('loader itemsOf.User, field User.items')
    expect(cli.output()).toContain('sql  create index concurrently item_owner_idx on item (owner);')
    expect(cli.output()).toContain('calm: nothing to mend')
  })

  test.each([
    [['--only', 'calm'], 0],
    [['--only', 'shop'], 1],
    [['--fail-on', 'never'], 0],
    [['--fail-on', 'critical'], 1],
  ])('%j ends with %d', async (args, code) => {
    expect(await doctor(...args).exit).toBe(code)
  })

  test.each([
    [['--only', 'nowhere'], 'USAGE_INVALID'],
    [['--apply'], 'USAGE_INVALID'],
    [['--apply', '--json'], 'USAGE_INVALID'],
    [['--database-url', 'http://x'], 'USAGE_INVALID'],
  ])('%j is refused', async (args, code) => {
    const cli = doctor(...args)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain(code)
    expect(cli.output()).toContain('db doctor')
  })

  test('says when a server cannot be reached', async () => {
    const cli = doctor('--database-url', 'postgres://x:y@127.0.0.1:1/lost', '--json')
    expect(await cli.exit).toBe(1)
    expect(await cli.waitFor('doctor')).toMatchObject({
      ok: false,
      findings: [{ check: 'unreachable', database: 'lost', server: '127.0.0.1:1' }],
    })
  })

  test('mends what is safe while it watches, and tells that it is gone', async () => {
    const watching = doctor('--watch', '1', '--json')
    expect(await watching.waitFor('doctor')).toMatchObject({ ok: false })
    const mending = doctor('--apply', '--yes', '--json')
    expect(await mending.exit).toBe(0)
    expect(await mending.waitFor('applied')).toMatchObject({
      ok: true,
      sql: ['create index concurrently item_owner_idx on item (owner)'],
    })
    expect(mending.events.map(({ event, ok }) => [event, ok])).toEqual([
      ['doctor', false],
      ['applied', true],
      ['doctor', true],
    ])
    expect(await watching.waitFor('mended')).toMatchObject({ database: 'shop', check: 'missing-index' })
    await client.query('drop index item_owner_idx')
    expect(await watching.waitFor('finding')).toMatchObject({ database: 'shop', check: 'missing-index' })
    watching.child.kill('SIGINT')
    await watching.exit
  })
})
