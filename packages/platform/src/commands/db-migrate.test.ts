import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { dataConfig, migrateDomain, startTestPostgres, type TestPostgres } from '@marquee/data'
import { usersModel } from '@marquee/users'
import pg from 'pg'
import { runCli, type Cli } from '../testing/run-cli.ts'

let postgres: TestPostgres
let client: pg.Client
let env: Record<string, string>
beforeAll(async () => {
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['users', 'movies'])
  const place = (name: string) => ({ writer: postgres.server.url(name) })
  const databases = { users: place('users'), movies: place('movies') }
  env = {
    MARQUEE_DATA_DATABASES: JSON.stringify(databases),
    MARQUEE_DATA_MIGRATIONS_BIG_TABLE_ROWS: '1000',
  }
  // As it was before views were partitioned.
  const [first] = usersModel.migrations
  await migrateDomain(dataConfig.parse({ databases }), { ...usersModel, migrations: [first!] })
  client = new pg.Client({ connectionString: postgres.server.url('users') })
  await client.connect()
  await client.query(
    `with person as (
       insert into profile (id, handle, name) values (gen_random_uuid(), 'ripley', 'Ripley') returning id
     )
     insert into view (user_id, at, movie_id)
     select person.id, timestamptz '2026-01-01' + n * interval '1 minute', gen_random_uuid()
     from person, generate_series(1, 3000) n`,
  )
  await client.query('analyze')
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
})

const migrate = (...args: readonly string[]): Cli => runCli(['db', 'migrate', ...args], env)

// Several processes one after another, each of which loads the data layer.
jest.setTimeout(60_000)

describe('marquee db migrate', () => {
  test('--plan prints SQL, locks, rows and verdicts, ends with 1 and changes nothing', async () => {
    const cli = migrate('--plan')
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('movies: 3 to apply')
    expect(cli.output()).toContain('  0001-catalogue: ok')
    expect(cli.output()).toContain('  m0002-views-by-month: REFUSED')
    expect(cli.output()).toContain('    alter table view rename to view_unparted;')
    expect(cli.output()).toContain('      view: ACCESS EXCLUSIVE, about 3,000 rows')
    expect(cli.output()).toContain('! it reads all of view (about 3,000 rows) under ACCESS EXCLUSIVE on view')
    expect((await client.query('select name from migrations')).rows).toContainEqual({
      name: 'm0001-profiles',
    })
    const json = migrate('--plan', '--json', '--only', 'users')
    expect(await json.exit).toBe(1)
    expect(await json.waitFor('migration-plan')).toMatchObject({
      ok: false,
      database: 'users',
      migrations: expect.arrayContaining([
        expect.objectContaining({ migration: 'm0002-views-by-month', acceptsLocks: null }),
      ]),
    })
    expect(await json.waitFor('planned')).toMatchObject({ ok: false, databases: 1 })
  })

  test('refuses what is risky, does all else, and obeys --allow-risky', async () => {
    const refused = migrate('--json')
    expect(await refused.exit).toBe(1)
    expect(await refused.waitFor('failed')).toMatchObject({
      code: 'MIGRATION_RISKY',
      message: expect.stringContaining('The migration m0002-views-by-month of users is refused'),
    })
    const allowed = migrate('--json', '--allow-risky')
    expect(await allowed.exit).toBe(0)
    expect(await allowed.waitFor('migrated', ({ database }) => database === 'users')).toMatchObject({
      migrations: expect.arrayContaining(['m0002-views-by-month']),
    })
    const again = migrate('--plan')
    expect(await again.exit).toBe(0)
    expect(again.output()).toContain('Nothing to do')
    expect((await client.query('select count(*)::int as views from view')).rows).toEqual([{ views: 3000 }])
  })

  test.each([
    [['--only', 'nowhere'], 'there is no domain "nowhere"'],
    [['--only', 'auth'], '`data.databases` has none for auth'],
    [['--database-url', 'postgres://x:y@127.0.0.1:1/lost'], '`--only` says of which domain'],
  ])('%j is refused', async (args, reason) => {
    const cli = migrate(...args)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('USAGE_INVALID')
    expect(cli.output()).toContain(reason)
  })
})
