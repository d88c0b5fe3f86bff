import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postgres: TestPostgres
let url = ''
beforeAll(async () => {
  folder = await temporaryFolder()
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['films'])
  url = postgres.server.url('films')
})
afterAll(async () => {
  await postgres.stop()
  await folder.remove()
})

const importFile = (file: string, ...args: readonly string[]): Cli =>
  runCli(['import', file, '--database-url', url, ...args], {}, folder.path)

describe('marquee import', () => {
  test('imports what is good, lists what is not, and may be repeated', async () => {
    await writeFile(
      join(folder.path, 'films.json'),
      JSON.stringify([
        { Title: 'Nostromo' },
        { Title: null },
        { Title: 'Sulaco', 'Running Time min': 100 },
        7,
      ]),
    )
    const first = importFile('films.json', '--report', 'skipped.jsonl')
    expect(await first.exit).toBe(0)
    expect(first.output()).toContain('4 rows read: 2 new, 0 changed, 0 as before, 0 duplicates, 2 skipped.')
    const skipped = (await readFile(join(folder.path, 'skipped.jsonl'), 'utf8')).trim().split('\n')
    expect(skipped.map(line => JSON.parse(line) as unknown)).toEqual([
      { row: 2, reason: expect.any(String) },
      { row: 4, reason: expect.any(String) },
    ])
    const second = importFile('films.json', '--json')
    expect(await second.exit).toBe(0)
    expect(await second.waitFor('imported')).toMatchObject({ imported: 0, unchanged: 2, skipped: 2 })
  })

  test('with --if-empty leaves films alone that are there', async () => {
    const cli = runCli(['import', '--bundled', '--if-empty', '--database-url', url, '--json'])
    expect(await cli.exit).toBe(0)
    expect(cli.events).toEqual([])
  })

  test.each([
    ['a file that is not there', ['none.json'], 'IMPORT_FILE_INVALID'],
    ['a file that is not JSON', ['broken.json'], 'IMPORT_FILE_INVALID'],
    ['no file', [], 'USAGE_INVALID'],
    ['a report that cannot be written', ['films.json', '--report', 'no/folder/report'], 'USAGE_INVALID'],
  ])('ends with 1 for %s', async (_what, args, code) => {
    await writeFile(join(folder.path, 'broken.json'), '{"a": [')
    const cli = runCli(['import', ...args, '--database-url', url], {}, folder.path)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain(`(${code})`)
  })

  test('says how to start a platform when none runs', async () => {
    const cli = runCli(['import', 'films.json', '--data', 'nothing'], {}, folder.path)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('NOT_RUNNING')
    expect(cli.output()).toContain('npm start')
  })
})
