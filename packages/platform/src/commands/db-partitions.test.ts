import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import pg from 'pg'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postgres: TestPostgres
let client: pg.Client
let databases: Record<string, unknown>

const name = (monthsFromNow: number): string => {
  const now = new Date()
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsFromNow, 1))
  return month.toISOString().slice(0, 7)
}
const partition = (month: string): string => `view_${month.replace('-', '_')}`

beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['diary', 'calm'])
  client = new pg.Client({ connectionString: postgres.server.url('diary') })
  await client.connect()
  await client.query('create table view (id int, at timestamptz not null) partition by range (at)')
  for (const month of [-2, -1, 0].map(name)) {
    const to = `timestamptz '${month}-01 00:00:00+00' + interval '1 month'`
    await client.query(`do $$ begin execute format(
      'create table ${partition(month)} partition of view for values from (''${month}-01 00:00:00+00'') to (%L)', ${to});
    end $$`)
  }
  await client.query(`insert into view select n, '${name(-2)}-03' from generate_series(1, 7) n`)
  await client.query('create table review (id int) partition by hash (id)')
  await client.query('create table review_0 partition of review for values with (modulus 2, remainder 0)')
  await client.query('create table review_1 partition of review for values with (modulus 2, remainder 1)')
  await client.query('analyze')
  databases = {
    diary: { shards: { one: { writer: postgres.server.url('diary') } } },
    calm: { writer: postgres.server.url('calm') },
  }
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
  await folder.remove()
})

const partitions = (...args: readonly string[]): Cli =>
  runCli(['db', 'partitions', ...args], {
    MARQUEE_DATA_DATABASES: JSON.stringify(databases),
    MARQUEE_DATA_PARTITIONS_AHEAD_MONTHS: '1',
    MARQUEE_DATA_PARTITIONS_KEEP_MONTHS: JSON.stringify({ view: 1 }),
    MARQUEE_PLATFORM_DATA: folder.path,
  })

describe('marquee db partitions', () => {
  test('shows every partition, what is missing ahead and what is due to go, and changes nothing', async () => {
    const cli = partitions()
    expect(await cli.exit).toBe(1)
    const text = cli.output().replaceAll(/ {2,}/g, ' | ')
    expect(text).toContain('diary/one | view by RANGE (at): 0 months ahead (of 1), 1 month kept')
    expect(text).toMatch(
      new RegExp(`${partition(name(-2))} \\| FROM .* TO .* \\| 7 \\| \\d.* \\| to be retired`),
    )
    expect(text).toMatch(new RegExp(`${partition(name(1))} \\| ${name(1)} \\| to be made`))
    expect(text).toContain('diary/one | review by HASH (id)\n')
    expect(text).toContain('review_1 | WITH (modulus 2, remainder 1) | 0 |')
    expect(text).toContain('calm | no partitioned table')
    expect(await partitions().exit).toBe(1)
  })

  test('--apply makes what is missing and retires what is due', async () => {
    const cli = partitions('--apply', '--json')
    expect(await cli.waitFor('db-partitions')).toMatchObject({
      ok: true,
      databases: [
        {
          database: 'diary/one',
          problem: null,
          done: [
            { kind: 'create', partition: partition(name(1)) },
            { kind: 'retire', partition: partition(name(-2)) },
          ],
          tables: [
            { table: 'review', key: 'HASH (id)', monthly: null },
            {
              table: 'view',
              partitions: [-1, 0, 1].map(month => ({ name: partition(name(month)) })),
              monthly: { aheadMonths: 1, keepMonths: 1, steps: [] },
            },
          ],
        },
        { database: 'calm', tables: [], done: [] },
      ],
    })
    expect(await cli.exit).toBe(0)
    expect((await client.query('select from view')).rowCount).toBe(0)
    expect(await partitions().exit).toBe(0)
  })

  test('a server that does not answer is said, without its password, and the others are shown', async () => {
    databases = { ...databases, gone: { writer: 'postgres://marquee:hush@127.0.0.1:1/gone' } }
    const cli = partitions()
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toMatch(/! gone: .*ECONNREFUSED/)
    expect(cli.output()).toContain('view by RANGE (at)')
    expect(cli.output()).not.toContain('hush')
  })
})
