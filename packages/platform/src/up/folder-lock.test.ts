import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { holderOf, lockFolder, lockName } from './folder-lock.ts'
import { startStamp } from './process-stamp.ts'

let parent: Awaited<ReturnType<typeof temporaryFolder>>
let folder = ''
beforeAll(async () => {
  parent = await temporaryFolder()
})
afterAll(() => parent.remove())
beforeEach(async () => {
  folder = await mkdtemp(join(parent.path, 'data-'))
})

const writeLock = (pid: number, stamp: string): Promise<void> =>
  writeFile(join(folder, lockName), JSON.stringify({ pid, stamp }))

describe('the lock of a data folder', () => {
  test('is held until it is given back', async () => {
    const release = await lockFolder(folder)
    expect(await holderOf(folder)).toBe(process.pid)
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'FOLDER_IN_USE',
      details: { pid: process.pid },
    })
    await release()
    expect(await holderOf(folder)).toBeUndefined()
    await (
      await lockFolder(folder)
    )()
    expect(await readdir(folder)).toEqual([])
  })

  test('of another process that lives is respected', async () => {
    const other = spawn('sleep', ['30'])
    await writeLock(other.pid ?? 0, await startStamp(other.pid ?? 0))
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'FOLDER_IN_USE',
      details: { pid: other.pid },
    })
    other.kill('SIGKILL')
    await once(other, 'exit')
    await (
      await lockFolder(folder)
    )()
  })

  test('of a process whose id went to another one is taken over', async () => {
    await writeLock(process.pid, 'of another start')
    expect(await holderOf(folder)).toBeUndefined()
    const release = await lockFolder(folder)
    expect(JSON.parse(await readFile(join(folder, lockName), 'utf8'))).toMatchObject({ pid: process.pid })
    await release()
  })

  test('that is damaged is taken over', async () => {
    await writeFile(join(folder, lockName), '{"pid":')
    await (
      await lockFolder(folder)
    )()
  })

  test('goes to exactly one of many that find a stale one at once', async () => {
    await writeLock(process.pid, 'of another start')
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await readdir(folder)).toEqual([lockName])
  })

  test('cannot be had in a folder that is not there', async () => {
    await expect(lockFolder(join(folder, 'no'))).rejects.toMatchObject({ code: 'FOLDER_UNWRITABLE' })
  })
})
