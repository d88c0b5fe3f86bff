import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { until } from '../testing/until.ts'
import { isRunning } from '../up/process-stamp.ts'
import { Keeper, type KeeperEvent, type KeeperPolicy } from './keeper.ts'
import { launchProcess } from './launch-process.ts'

const policy: KeeperPolicy = {
  stopTimeoutMs: 1000,
  restart: { firstDelayMs: 20, maxDelayMs: 200, stableMs: 60_000 },
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const keepers: Keeper[] = []
afterEach(async () => {
  for (const keeper of keepers.splice(0)) {
    keeper.kill()
    await keeper.stop()
  }
})

const says = (url: string): string => `process.send({ event: 'ready', url: '${url}' })`
const stays = 'setInterval(() => {}, 1000)'

/** A real process that runs `code`, kept by a keeper; `lines` is what it prints. */
const keep = async (name: string, code: string, startTimeoutMs = 5000) => {
  const script = join(folder.path, `${name}.mjs`)
  await writeFile(script, code)
  const events: KeeperEvent[] = []
  const lines: string[] = []
  const keeper = new Keeper({
    name,
    launch: launchProcess({
      name,
      script,
      env: process.env,
      startTimeoutMs,
      onLine: line => lines.push(line),
    }),
    policy,
    report: event => events.push(event),
  })
  keepers.push(keeper)
  return { keeper, events, lines }
}

describe('a service that is kept', () => {
  test('is ready when it says so, and its output is handed over', async () => {
    const { keeper, lines } = await keep('ready', `console.log('hello'); ${says('http://x:1/')}; ${stays}`)
    await keeper.start()
    expect(keeper.status).toMatchObject({ name: 'ready', state: 'running', url: 'http://x:1/', restarts: 0 })
    await until(() => lines.includes('hello'))
  })

  test('is started again after kill -9, later each time, and each is reported', async () => {
    const { keeper, events } = await keep('killed', `${says('http://x:1/')}; ${stays}`)
    await keeper.start()
    const pids = [keeper.status.pid]
    for (const round of [1, 2, 3]) {
      process.kill(keeper.status.pid, 'SIGKILL')
      await until(() => keeper.status.restarts === round && keeper.status.state === 'running')
      pids.push(keeper.status.pid)
    }
    expect(new Set(pids).size).toBe(4)
    const waits = events.flatMap(event => (event.event === 'service-exited' ? [event.restartInMs] : []))
    expect(events.filter(event => event.event === 'service-exited')).toMatchObject([
      { signal: 'SIGKILL' },
      { signal: 'SIGKILL' },
      { signal: 'SIGKILL' },
    ])
    expect(waits[0]).toBeLessThanOrEqual(20)
    expect(waits[2]).toBeGreaterThanOrEqual(40)
  })

  test('that does not come up again is tried until it does', async () => {
    const flag = join(folder.path, 'broken')
    const { keeper, events } = await keep(
      'flaky',
      `import { existsSync } from 'node:fs'
       if (existsSync(${JSON.stringify(flag)})) process.exit(3)
       ${says('http://x:1/')}; ${stays}`,
    )
    await keeper.start()
    await writeFile(flag, '')
    process.kill(keeper.status.pid, 'SIGKILL')
    await until(() => events.filter(event => event.event === 'service-restart-failed').length >= 2)
    expect(keeper.status.state).toBe('restarting')
    const { unlink } = await import('node:fs/promises')
    await unlink(flag)
    await until(() => keeper.status.state === 'running')
  })

  test('drains when it is stopped, and is not started again', async () => {
    const trace = join(folder.path, 'trace')
    const { keeper, events } = await keep(
      'draining',
      `import { writeFileSync } from 'node:fs'
       process.on('SIGTERM', () => setTimeout(() => { writeFileSync(${JSON.stringify(trace)}, 'drained'); process.exit(0) }, 50))
       ${says('http://x:1/')}; ${stays}`,
    )
    await keeper.start()
    const { pid } = keeper.status
    await keeper.stop()
    expect(await readFile(trace, 'utf8')).toBe('drained')
    expect(isRunning(pid)).toBe(false)
    expect(events.filter(event => event.event === 'service-exited')).toEqual([])
  })

  test('that will not end is killed after the time-out, with its own children', async () => {
    const { keeper, lines } = await keep(
      'stubborn',
      `import { spawn } from 'node:child_process'
       console.log(spawn('sleep', ['60']).pid)
       process.on('SIGTERM', () => {}); ${says('http://x:1/')}; ${stays}`,
    )
    await keeper.start()
    await until(() => lines.length > 0)
    const startedMs = performance.now()
    await keeper.stop()
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990)
    await until(() => !isRunning(Number(lines[0])))
  })

  test('stopped while it waits for its restart stays down', async () => {
    const { keeper } = await keep('waiting', `${says('http://x:1/')}; ${stays}`)
    await keeper.start()
    process.kill(keeper.status.pid, 'SIGKILL')
    await until(() => keeper.status.state === 'restarting')
    await keeper.stop()
    expect(keeper.status.state).toBe('stopped')
    expect(isRunning(keeper.status.pid)).toBe(false)
  })
})

describe('a service that does not start', () => {
  const lines = (code: string): string => `console.log(process.pid); ${code}`

  test.each([
    [
      'gives its own reason',
      `process.send({ event: 'failed', code: 'PORT_IN_USE', message: 'Port 1 is in use.', mend: 'Free it.' }); ${stays}`,
      { code: 'PORT_IN_USE', message: 'Port 1 is in use.', mend: 'Free it.' },
    ],
    [
      'has a fault',
      `process.send({ event: 'failed', code: 'INTERNAL_SERVER_ERROR', message: 'x is not a function', mend: '' }); ${stays}`,
      { code: 'SERVICE_START_FAILED', message: expect.stringContaining('x is not a function') },
    ],
    [
      'ends without a word',
      `console.error('the last word'); process.exitCode = 7`,
      { code: 'SERVICE_START_FAILED', message: expect.stringMatching(/code 7: the last word/) },
    ],
    [
      'says nothing in time',
      stays,
      { code: 'SERVICE_START_FAILED', message: expect.stringContaining('not ready after 300 ms') },
    ],
  ])('%s: the start fails, is not tried again, and nothing is left', async (name, code, expected) => {
    const started = await keep(name.replaceAll(' ', '-'), lines(code), 300)
    await expect(started.keeper.start()).rejects.toMatchObject(expected)
    expect(started.events).toEqual([])
    expect(isRunning(Number(started.lines[0]))).toBe(false)
  })

  test('is ended when it is stopped while it starts', async () => {
    const { keeper, lines: printed } = await keep('slow', lines(stays), 60_000)
    const starting = keeper.start()
    await until(() => printed.length > 0)
    await Promise.all([
      expect(starting).rejects.toMatchObject({ code: 'SERVICE_START_FAILED' }),
      keeper.stop(),
    ])
    expect(isRunning(Number(printed[0]))).toBe(false)
  })
})
