import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const command = 'redis-server'

const isInstalled = (): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const givenUrl = process.env['REDIS_URL'] || undefined
const hasOwn = isInstalled()

/** Why tests that kill or freeze their Redis cannot run here; undefined when they can. */
export const whyNoOwnRedis: string | undefined = hasOwn ? undefined : `no ${command} on the PATH`

/** Why tests that need a Redis cannot run here; undefined when they can: on one of their own, else on REDIS_URL's. */
export const whyNoRedis: string | undefined =
  hasOwn || givenUrl !== undefined ? undefined : `no ${command} on the PATH, and no REDIS_URL`

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', () => resolve(true)).once('error', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })

export type TestRedis = Readonly<{
  url: string
  /** Stopped, as by a hypervisor: it accepts connections and answers nothing. */
  freeze: () => void
  thaw: () => void
  /** Ends it, as by a crash. */
  kill: () => Promise<void>
  /** Starts it again on the same port, empty. */
  start: () => Promise<void>
}>

const done = (): Promise<void> => Promise.resolve()

/** A Redis that is not ours to hurt. */
const givenRedis = (url: string): TestRedis => ({
  url,
  freeze: () => undefined,
  thaw: () => undefined,
  kill: done,
  start: done,
})

/** Starts a real Redis that keeps nothing on disk; where none is installed, gives REDIS_URL's. */
export const startRedis = async (): Promise<TestRedis> => {
  if (!hasOwn && givenUrl !== undefined) return givenRedis(givenUrl)
  const port = await freePort()
  const run = () =>
    spawn(command, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', '/'], {
      stdio: 'ignore',
    })
  let server = run()
  const ready = async (): Promise<void> => {
    for (let waited = 0; waited < 200 && !(await answers(port)); waited += 1) await sleep(25)
  }
  await ready()
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return
      server.kill('SIGKILL')
      await once(server, 'exit')
    },
    start: async () => {
      server = run()
      await ready()
    },
  }
}
