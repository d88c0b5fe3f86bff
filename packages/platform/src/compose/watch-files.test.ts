import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { watchFiles } from './watch-files.ts'

test('a change made before the watch stood counts', async () => {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'a.graphql')
  const sinceMs = Date.now() - 1000
  await writeFile(file, 'x')
  let stop = (): Promise<void> => Promise.resolve()
  await new Promise<void>(resolve => {
    const changed = (): Promise<readonly string[]> => {
      resolve()
      return Promise.resolve([file])
    }
    void watchFiles([file], sinceMs, changed).then(end => (stop = end))
  })
  await stop()
  await folder.remove()
})

test('a watch that is ended while a change is worked on does not keep the process alive', async () => {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'a.graphql')
  await writeFile(file, 'x')
  const script = `
    import { watchFiles } from ${JSON.stringify(new URL('watch-files.ts', import.meta.url).href)}
    const file = ${JSON.stringify(file)}
    let ending
    const stop = await watchFiles([file], 0, async () => {
      ending = stop()
      await new Promise(resolve => setTimeout(resolve, 200))
      return [file]
    })`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    stdio: 'ignore',
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(timer)
  expect(code).toBe(0)
  await folder.remove()
})
