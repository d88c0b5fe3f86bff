import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import { startTestPostgres } from '../testing/start-test-postgres.ts'
import { copyRows } from './copy-rows.ts'
import { copyLine } from './copy-line.ts'

test('what goes in by COPY is what comes out, whatever the text', async () => {
  const postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['texts'])
  const client = new pg.Client({ connectionString: postgres.server.url('texts') })
  await client.connect()
  try {
    await client.query('create table texts (n int, one text, many text[], flag boolean)')
    const text = fc.string({ unit: 'binary' }).filter(value => !value.includes('\0') && value.isWellFormed())
    const row = fc.tuple(fc.option(text), fc.array(text), fc.boolean())
    const rows = fc.sample(row, 100)
    rows.push([String.raw`\N`, ['NULL', '', '{}', String.raw`\.`], true])
    await copyRows(
      client,
      'texts',
      ['n', 'one', 'many', 'flag'],
      rows.map((values, n) => copyLine([n, ...values])),
    )
    const { rows: back } = await client.query<{ one: string; many: string[]; flag: boolean }>(
      'select one, many, flag from texts order by n',
    )
    expect(back.map(({ one, many, flag }) => [one, many, flag])).toEqual(rows)
  } finally {
    await client.end()
    await postgres.stop()
  }
})
