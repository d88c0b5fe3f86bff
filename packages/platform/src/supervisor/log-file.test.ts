import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { LogFile } from './log-file.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

test('a log never takes more than two files of the size allowed, and loses no new line', async () => {
  const path = join(folder.path, 'movies.log')
  const log = new LogFile(path, 1000)
  for (let line = 0; line < 300; line += 1) log.write(`line ${String(line).padStart(4, '0')}`)
  await log.close()
  expect((await readdir(folder.path)).toSorted()).toEqual(['movies.log', 'movies.log.1'])
  for (const file of [path, `${path}.1`]) expect((await stat(file)).size).toBeLessThanOrEqual(1000)
  const kept = `${await readFile(`${path}.1`, 'utf8')}${await readFile(path, 'utf8')}`.trim().split('\n')
  expect(kept.at(-1)).toBe('line 0299')
  expect(kept).toEqual(kept.toSorted())
  expect(kept.length).toBeGreaterThan(100)
})

test('a log goes on where the last run ended', async () => {
  const path = join(folder.path, 'auth.log')
  for (const line of ['one', 'two']) {
    const log = new LogFile(path, 1000)
    log.write(line)
    await log.close()
  }
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n')
})
