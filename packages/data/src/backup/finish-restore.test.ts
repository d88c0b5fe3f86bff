import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { tempFolder } from '../testing/temp-folder.ts'
import { finishRestore, writeSteps } from './finish-restore.ts'

let folder = ''
const at = (...names: readonly string[]): string => join(folder, ...names)
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test.each([0, 1, 2])('a restore that was killed after %i of its steps is finished', async done => {
  for (const [name, text] of [
    ['data', 'old'],
    ['new', 'new'],
  ] as const) {
    await mkdir(at(name))
    await writeFile(at(name, 'content'), text)
  }
  const steps = [
    { from: at('data'), to: at('data.before') },
    { from: at('new'), to: at('data') },
  ]
  await writeSteps(folder, steps)
  for (const { from, to } of steps.slice(0, done)) await rename(from, to)
  await finishRestore(folder, [])
  await finishRestore(folder, [])
  expect((await readdir(folder)).toSorted()).toEqual(['data', 'data.before'])
  expect(await readFile(at('data', 'content'), 'utf8')).toBe('new')
  expect(await readFile(at('data.before', 'content'), 'utf8')).toBe('old')
})

test('without a restore nothing happens', async () => {
  await writeFile(at('data'), 'kept')
  await finishRestore(folder, [at('postgres')])
  expect(await readdir(folder)).toEqual(['data'])
})
