import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import pg from 'pg'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { until } from '../testing/until.ts'
import { startAdvisor } from './advisor.ts'
import type { PlatformEvent } from './events.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postgres: TestPostgres
beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['shop'])
})
afterAll(async () => {
  await postgres.stop()
  await folder.remove()
})

const envFor = (writer: string): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: '',
  MARQUEE_CONFIG: '',
  MARQUEE_DATA_DATABASES: JSON.stringify({ shop: { writer } }),
  MARQUEE_PLATFORM_DATA: folder.path,
})

const start = (writer: string, everyMinutes = 0.002) => {
  const events: PlatformEvent[] = []
  const stop = new AbortController()
  const ended = startAdvisor({
    everyMinutes,
    env: envFor(writer),
    signal: stop.signal,
    report: event => void events.push(event),
  })
  return { events, ended, stop: () => stop.abort() }
}

test('each finding is told once, and that it is mended; the end of the platform ends it', async () => {
  const client = new pg.Client({ connectionString: postgres.server.url('shop') })
  await client.connect()
  await client.query('create table item (id int primary key, kind int)')
  await client.query('insert into item values (1, 1), (2, 1)')
  await expect(client.query('create unique index concurrently broken on item (kind)')).rejects.toThrow()
  const advisor = start(postgres.server.url('shop'))
  await until(() => advisor.events.length > 0, 20_000)
  await new Promise(resolve => setTimeout(resolve, 3000))
  expect(advisor.events).toMatchObject([
    { event: 'finding', database: 'shop', check: 'invalid-index', object: 'broken' },
  ])
  await client.query('drop index broken')
  await until(() => advisor.events.length > 1, 20_000)
  expect(advisor.events[1]).toMatchObject({ event: 'mended', check: 'invalid-index', object: 'broken' })
  advisor.stop()
  await advisor.ended
  await client.end()
})

test('0 minutes never look', async () => {
  const advisor = start(postgres.server.url('shop'), 0)
  await advisor.ended
  expect(advisor.events).toEqual([])
})
