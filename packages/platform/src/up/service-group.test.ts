import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { platformConfig } from '../config/platform-config.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { Closers } from './closers.ts'
import { ServiceGroup } from './service-group.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

test('services end in the opposite order of their start, each group only when the one before is gone', async () => {
  const trace = join(folder.path, 'trace')
  const logs = join(folder.path, 'logs')
  const script = join(folder.path, 'service.mjs')
  await mkdir(logs)
  await writeFile(
    script,
    `import { appendFileSync } from 'node:fs'
     const note = what => appendFileSync(${JSON.stringify(trace)}, process.env.NAME + ' ' + what + '\\n')
     process.on('SIGTERM', () => { note('drains'); setTimeout(() => { note('ends'); process.exit(0) }, 100) })
     process.send({ event: 'ready', url: 'http://x:1/' }); setInterval(() => {}, 1000)
     console.log(JSON.stringify({ level: 30, msg: 'up' })); console.log(JSON.stringify({ level: 40, msg: 'hm' }))`,
  )
  const closers = new Closers()
  const remarks: unknown[] = []
  const group = new ServiceGroup({
    config: platformConfig.parse({}),
    logs,
    closers,
    report: event => {
      if (event.event === 'log') remarks.push(event)
    },
  })
  const plan = (name: string) => ({ name, script, env: { ...process.env, NAME: name } })
  await Promise.all([
    group.startProcesses([plan('auth'), plan('users')]),
    group.startProcesses([plan('gateway')]),
  ])
  expect(await closers.close()).toEqual([])

  const lines = (await readFile(trace, 'utf8')).trim().split('\n')
  expect(lines.slice(0, 2)).toEqual(['gateway drains', 'gateway ends'])
  expect(lines.slice(2, 4).toSorted()).toEqual(['auth drains', 'users drains'])
  expect(lines.slice(4).toSorted()).toEqual(['auth ends', 'users ends'])
  expect(await readFile(join(logs, 'auth.log'), 'utf8')).toBe(
    '{"level":30,"msg":"up"}\n{"level":40,"msg":"hm"}\n',
  )
  expect(remarks).toHaveLength(3)
  expect(remarks).toContainEqual({ event: 'log', service: 'gateway', level: 'warn', message: 'hm' })
})

test('in a set the first service starts before the others and ends after them; sets do so side by side', async () => {
  const trace: string[] = []
  const service = (name: string) => ({
    name,
    launch: async () => {
      await after(50)
      trace.push(`${name} starts`)
      const { promise, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
      const stop = async () => {
        await after(50)
        trace.push(`${name} ends`)
        resolve({ code: 0, signal: null })
      }
      return { pid: 1, url: '', exited: promise, stop, kill: () => undefined }
    },
  })
  const closers = new Closers()
  const group = new ServiceGroup({
    config: platformConfig.parse({}),
    logs: folder.path,
    closers,
    report: () => undefined,
  })
  await group.startSets([['a', 'a1', 'a2'].map(service), ['b'].map(service)])
  expect(await closers.close()).toEqual([])
  expect(trace.slice(0, 2).toSorted()).toEqual(['a starts', 'b starts'])
  expect(trace.slice(2, 4)).toEqual(['a1 starts', 'a2 starts'])
  expect(trace.slice(4, 7).toSorted()).toEqual(['a1 ends', 'a2 ends', 'b ends'])
  expect(trace.slice(7)).toEqual(['a ends'])
})
