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

/** Why tests that need a Redis of their own cannot run here; undefined when they can. */
export const whyNoRedis: string | undefined = isInstalled() ? undefined : `no ${command} on the PATH`

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

/** Starts a real Redis that keeps nothing on disk. */
export const startRedis = async (): Promise<TestRedis> => {
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
