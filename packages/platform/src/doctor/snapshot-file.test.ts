import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { keepSnapshot, readSnapshot } from './snapshot-file.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const at = (minute: number) => ({
  takenAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  statements: { '17': { calls: minute, totalMs: 1.5 } },
})

test('a snapshot is kept until it is old enough to be replaced, one for each database', async () => {
  const path = join(folder.path, 'doctor')
  expect(await readSnapshot(path, 'movies')).toBeNull()
  await keepSnapshot(path, 'movies', at(0), 60)
  await keepSnapshot(path, 'movies', at(59), 60)
  await keepSnapshot(path, 'users/../x', at(5), 60)
  expect(await readSnapshot(path, 'movies')).toEqual(at(0))
  await keepSnapshot(path, 'movies', at(60), 60)
  expect(await readSnapshot(path, 'movies')).toEqual(at(60))
  expect(await readSnapshot(path, 'users/../x')).toEqual(at(5))
})

test('a broken file is as none, and a folder that cannot be made harms nothing', async () => {
  const path = join(folder.path, 'odd')
  await mkdir(path)
  await writeFile(join(path, 'movies.json'), '{')
  expect(await readSnapshot(path, 'movies')).toBeNull()
  await keepSnapshot(path, 'movies', at(1), 60)
  expect(await readSnapshot(path, 'movies')).toEqual(at(1))
  await keepSnapshot(join(path, 'movies.json', 'below'), 'movies', at(2), 60)
})
