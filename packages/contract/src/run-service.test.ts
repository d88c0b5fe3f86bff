import { expect, test } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { MarqueeError, runService, type ServiceMessage, type ServiceProcess } from './index.ts'

const fakeProcess = () => {
  const events = new EventEmitter()
  const said: ServiceMessage[] = []
  let exited: (code: number) => void
  const exit = new Promise<number>(resolve => (exited = resolve))
  const process: ServiceProcess = {
    pid: 1,
    on: (event, listener) => events.on(event, listener),
    exit: ((code: number) => exited(code)) as ServiceProcess['exit'],
    stdout: new EventEmitter(),
    send: message => said.push(message) > 0,
  }
  return { process, events, said, exit }
}

test.each(['SIGTERM', 'SIGINT', 'disconnect'])('%s drains the service once, then exits 0', async signal => {
  const { process, events, said, exit } = fakeProcess()
  let drains = 0
  const drain = async () => void (drains += 1)
  await runService(
    process,
    () => Promise.resolve({ url: 'http://a', drain }),
    () => undefined,
  )
  expect(said).toEqual([{ event: 'ready', url: 'http://a' }])
  events.emit(signal)
  events.emit('SIGTERM')
  expect(await exit).toBe(0)
  expect(drains).toBe(1)
})

test('a start that fails is told with its code, and exits 1', async () => {
  const { process, said, exit } = fakeProcess()
  const failures: unknown[] = []
  await runService(
    process,
    () => Promise.reject(new MarqueeError('PORT_IN_USE', { port: 1 })),
    error => failures.push(error),
  )
  expect(await exit).toBe(1)
  expect(said).toEqual([expect.objectContaining({ event: 'failed', code: 'PORT_IN_USE' })])
  expect(failures).toHaveLength(1)
})
