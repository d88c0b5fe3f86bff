import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { tinyGraph, tinySchema, type TinyGraph } from '../testing/tiny-graph.ts'
import { until } from '../testing/until.ts'
import { holderOf } from './folder-lock.ts'
import { isRunning } from './process-stamp.ts'

type Service = Readonly<{ name: string; pid: number; url: string }>
type Ready = Readonly<{ url: string; services: readonly Service[] }>

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let graph: TinyGraph
const started: Cli[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  graph = await tinyGraph(folder.path)
})
afterEach(async () => {
  for (const { child, exit } of started.splice(0)) {
    child.kill('SIGTERM')
    await exit
  }
  await folder.remove()
})

const up = (...args: readonly string[]): Cli => {
  const cli = runCli(['up', '--json', ...args], graph.env)
  started.push(cli)
  return cli
}

const ready = async (cli: Cli): Promise<Ready> => (await cli.waitFor('ready')) as unknown as Ready

const pidsOf = ({ services }: Ready): readonly number[] => services.map(({ pid }) => pid)

const ask = async (url: string, query: string): Promise<Record<string, unknown>> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as Record<string, unknown>
}

describe('marquee up', () => {
  test('serves the graph; Ctrl-C stops all of it with exit code 0; the folder is free again', async () => {
    const cli = up()
    const platform = await ready(cli)
    expect(platform.services.map(({ name }) => name)).toEqual(['tiny', 'gateway'])
    const [tiny] = pidsOf(platform)
    expect(await ask(platform.url, '{ pid }')).toEqual({ data: { pid: tiny } })
    expect((await stat(join(graph.data, 'platform.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(graph.data, 'secret'))).mode & 0o777).toBe(0o600)

    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(0)
    expect(cli.events.slice(-2)).toEqual([{ event: 'stopping' }, { event: 'stopped' }])
    expect(pidsOf(platform).filter(isRunning)).toEqual([])
    expect(await holderOf(graph.data)).toBeUndefined()
  })

  test('keeps secret and supergraph from one start to the next', async () => {
    const first = up()
    await ready(first)
    expect(await first.waitFor('composed')).toMatchObject({ changed: true })
    const secret = await readFile(join(graph.data, 'secret'), 'utf8')
    first.child.kill('SIGTERM')
    await first.exit
    const second = up()
    await ready(second)
    expect(await second.waitFor('composed')).toMatchObject({ changed: false })
    expect(await readFile(join(graph.data, 'secret'), 'utf8')).toBe(secret)
  })

  test('a service killed by kill -9 comes back at the same address; the others go on; status tells', async () => {
    const cli = up()
    const platform = await ready(cli)
    for (const { name, pid, url } of platform.services) {
      process.kill(pid, 'SIGKILL')
      const again = await cli.waitFor(
        'service-ready',
        event => event['service'] === name && event['restarts'] === 1,
      )
      expect(again).toMatchObject({ url })
    }
    expect(await ask(platform.url, '{ pid }')).toMatchObject({ data: { pid: expect.any(Number) } })
    const status = runCli(['status', '--json'], graph.env)
    expect(await status.waitFor('status')).toMatchObject({
      ok: true,
      url: platform.url,
      services: [
        { name: 'tiny', restarts: 1, health: 'ok' },
        { name: 'gateway', restarts: 1, health: 'ok' },
      ],
    })
    expect(await status.exit).toBe(0)
  })

  test('after kill -9 of the supervisor nothing is left, and the next start takes the folder over', async () => {
    const cli = up()
    const platform = await ready(cli)
    cli.child.kill('SIGKILL')
    await until(() => pidsOf(platform).every(pid => !isRunning(pid)))
    const status = runCli(['status'], graph.env)
    expect(await status.exit).toBe(1)
    expect(status.output()).toContain('NOT_RUNNING')
    await ready(up())
  })

  test.each([
    ['--shards', '2'],
    ['--replicas', '1'],
  ])('%s %s with databases of one’s own: a warning says that it is for nothing', async (...flags) => {
    const cli = up(...flags)
    await ready(cli)
    expect(await cli.waitFor('warning')).toMatchObject({ message: expect.stringContaining('data.databases') })
  })

  test('a second one in the same folder is refused, and the first goes on', async () => {
    const platform = await ready(up())
    const second = up()
    expect(await second.exit).toBe(1)
    expect(second.events.at(-1)).toMatchObject({ event: 'failed', code: 'FOLDER_IN_USE' })
    expect(await ask(platform.url, '{ pid }')).toHaveProperty('data')
  })

  test('a start that is broken off leaves nothing', async () => {
    const cli = up()
    await cli.waitFor('starting')
    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(0)
    expect(cli.events.at(-1)).toEqual({ event: 'stopped' })
    expect(await holderOf(graph.data)).toBeUndefined()
  })
})

describe('marquee up cannot start', () => {
  const failing = async (...args: readonly string[]): Promise<Cli> => {
    const cli = up(...args)
    expect(await cli.exit).toBe(1)
    expect(cli.events.filter(({ event }) => event === 'failed')).toHaveLength(1)
    expect(await holderOf(graph.data)).toBeUndefined()
    return cli
  }

  test('when a service fails: its message is given, and nothing is left running', async () => {
    await writeFile(graph.broken, '')
    const cli = await failing()
    expect(cli.events.at(-1)).toEqual({
      event: 'failed',
      code: 'DATABASE_UNAVAILABLE',
      message: 'It is broken.',
      mend: 'Mend it.',
    })
    const others = cli.events.filter(({ event }) => event === 'service-ready').map(({ pid }) => Number(pid))
    expect(others.filter(isRunning)).toEqual([])
  })

  test('when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    expect((await failing('--port', String(port))).events.at(-1)).toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${port} is in use by another program.`,
    })
    other.close()
  })

  test.each([
    ['a folder that is a file', ['--data', '/etc/hostname'], 'FOLDER_UNWRITABLE'],
    ['a folder that cannot be made', ['--data', '/proc/marquee'], 'FOLDER_UNWRITABLE'],
    ['a name that the supergraph does not have', ['--only', 'tony'], 'USAGE_INVALID'],
  ])('with %s', async (_what, args, code) => {
    expect((await failing(...args)).events.at(-1)).toMatchObject({ code })
  })

  test.each([
    [['up', '--port', 'x'], /--port.*whole number from 0 to 65535/],
    [['up', '--prt', '1'], /unknown option '--prt'[^]*--port/],
    [['up', '--only', 'a,,b'], /auth,movies/],
    [['up', '--shards', '9'], /1 to 8 shards/],
    [['up', '--shards', '0'], /1 to 8 shards/],
    [['upp'], /unknown command 'upp'[^]*up/],
  ])('as %j', async (args, words) => {
    const cli = runCli(args, graph.env)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toMatch(words)
  })

  test('when the subgraphs do not compose and never did', async () => {
    await writeFile(graph.schema, 'type Query { pid: Nothing }')
    const cli = await failing()
    expect(cli.events.at(-1)).toMatchObject({ code: 'COMPOSITION_FAILED' })
    expect(await cli.waitFor('compose-failed')).toMatchObject({
      errors: [{ subgraph: 'tiny', file: graph.schema, line: 1, column: 19 }],
    })
  })
})

describe('the schemas of a running platform', () => {
  test('are composed again on a change; what does not compose is reported, and the last good one serves on', async () => {
    const cli = up()
    const { url } = await ready(cli)
    const second = '{ second }'
    expect(await ask(url, second)).toHaveProperty('errors')
    await writeFile(graph.schema, 'type Query { pid: Int second: Int }\n')
    await until(async () => (await ask(url, second))['errors'] === undefined)
    expect(await ask(url, second)).toEqual({ data: { second: 2 } })

    await writeFile(graph.schema, 'type Query { pid: Nothing }')
    await cli.waitFor('compose-failed')
    expect(await ask(url, second)).toEqual({ data: { second: 2 } })

    // An editor that saves by renaming.
    await unlink(graph.schema)
    await writeFile(graph.schema, tinySchema)
    await until(async () => (await ask(url, second))['errors'] !== undefined)
  })

  test('that do not compose at a start: the last good supergraph serves, with a warning', async () => {
    const first = up()
    await ready(first)
    first.child.kill('SIGTERM')
    await first.exit
    await writeFile(graph.schema, 'type Query {')
    const second = up()
    const { url } = await ready(second)
    expect(await second.waitFor('warning')).toMatchObject({ message: expect.stringContaining('last good') })
    expect(await ask(url, '{ pid }')).toHaveProperty('data')
  })
})
