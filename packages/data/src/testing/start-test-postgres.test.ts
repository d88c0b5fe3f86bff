import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { waitForEnd } from '../embedded/processes.ts'
import { sqlRows } from '../sql-rows.ts'
import { filmModel } from './film-model.ts'
import { startTestPostgres } from './start-test-postgres.ts'

test('each database is of its own, and stop leaves nothing', async () => {
  const postgres = await startTestPostgres()
  const [one, two] = await Promise.all([postgres.database(filmModel), postgres.database(filmModel)])
  await sqlRows(one.fork(), 'delete from counter')
  expect(await sqlRows(two.fork(), 'select n from counter')).toEqual([{ n: 1 }])
  await postgres.stop()
  expect(existsSync(postgres.server.folder)).toBe(false)
  expect(await waitForEnd(postgres.server.pid, 0)).toBe(true)
})

test('the server of a killed test run is swept up by the next', async () => {
  const script = `
    import { startTestPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-test-postgres.ts'))}
    const { server } = await startTestPostgres()
    process.stdout.write(JSON.stringify({ pid: server.pid, folder: server.folder }))
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const left = await new Promise<{ pid: number; folder: string }>(resolve =>
    child.stdout.once('data', chunk => resolve(JSON.parse(String(chunk)))),
  )
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  const postgres = await startTestPostgres()
  expect(await waitForEnd(left.pid, 5000)).toBe(true)
  expect(existsSync(left.folder)).toBe(false)
  await postgres.stop()
})
