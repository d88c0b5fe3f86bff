import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ServiceMessage } from '@marquee/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { askSubgraph } from './ask-subgraph.ts'
import { pause } from './testing/serve-test-subgraph.ts'

const main = fileURLToPath(new URL('testing/tiny-main.ts', import.meta.url))
const secret = 'the secret of this run'
let folder: string
let children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'marquee-kit-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Starts the process in an empty folder and waits until it says that it is ready, or that it failed. */
const start = async (env: Readonly<Record<string, string>> = {}) => {
  const child = fork(main, {
    cwd: folder,
    env: { MARQUEE_SECRET: secret, ...env },
    execArgv: [],
    silent: true,
  })
  children.push(child)
  let output = ''
  child.stdout?.on('data', chunk => (output += String(chunk)))
  child.stderr?.on('data', chunk => (output += String(chunk)))
  const messages: ServiceMessage[] = []
  child.on('message', message => messages.push(message as ServiceMessage))
  // Not `close`: it does not come when the channel was closed from this side.
  const exited = Promise.all([once(child, 'exit'), once(child.stdout as Readable, 'end')]).then(
    ([[code, signal]]: [unknown[], unknown[]]) => ({ code, signal }),
  )
  while (!messages.some(({ event }) => event !== 'note')) await Promise.race([once(child, 'message'), exited])
  const said = messages.find(({ event }) => event !== 'note')
  const url = said?.event === 'ready' ? said.url : ''
  const lines = () =>
    output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
  return {
    child,
    exited,
    messages,
    said,
    url,
    lines,
    ask: (query: string) => askSubgraph(url, secret, 'tiny', { query }),
  }
}

describe('a subgraph process', () => {
  test('says where it answers, answers, and ends on SIGTERM with nothing dropped', async () => {
    const { child, said, ask, exited, lines } = await start()
    expect(said).toEqual({
      event: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/),
    })
    expect(await ask('{ hi }')).toEqual({ status: 200, data: { hi: 'hi' } })
    const slow = ask('{ slow }')
    await pause(100)
    child.kill('SIGTERM')
    expect(await slow).toEqual({ status: 200, data: { slow: 'slow' } })
    expect(await exited).toEqual({ code: 0, signal: null })
    expect(lines().map(({ msg }) => msg)).toEqual(['built', 'ready', 'draining', 'ended'])
    expect(lines()[1]).toMatchObject({ service: 'tiny', time: expect.stringMatching(/^\d{4}-.*Z$/) })
  })

  test('ends when its parent is gone', async () => {
    const { child, exited } = await start()
    child.disconnect()
    expect(await exited).toEqual({ code: 0, signal: null })
  })

  test('reads the file in MARQUEE_CONFIG, and the environment over it', async () => {
    const file = join(folder, 'config.yaml')
    await writeFile(file, 'tiny: { greeting: hello }\nsubgraph: { logLevel: debug }\n')
    const { ask, lines } = await start({ MARQUEE_CONFIG: file, MARQUEE_SUBGRAPH_LOG_LEVEL: 'silent' })
    expect((await ask('{ hi }')).data).toEqual({ hi: 'hello' })
    expect(() => lines()).toThrow()
  })

  test('opens no connection, whatever APOLLO_* the environment holds', async () => {
    const { ask, messages } = await start({
      APOLLO_KEY: 'service:marquee:a-key',
      APOLLO_GRAPH_REF: 'marquee@current',
      APOLLO_SCHEMA_REPORTING: 'true',
    })
    await ask('{ hi }')
    await pause(300)
    expect(messages).toEqual([expect.objectContaining({ event: 'ready' })])
  })

  test('logs what broke it before it dies of it', async () => {
    const { url, exited, lines } = await start()
    await fetch(new URL('/crash', url))
    expect(await exited).toEqual({ code: 1, signal: null })
    expect(lines().at(-1)).toMatchObject({ level: 60, err: { message: 'out of the blue' } })
  })
})

describe('a subgraph process that cannot start', () => {
  test.each([
    ['no secret', { MARQUEE_SECRET: '' }, 'CONFIG_INVALID', 'subgraph.secret'],
    ['a bad setting', { MARQUEE_SUBGRAPH_PORT: 'many' }, 'CONFIG_INVALID', 'subgraph.port'],
    ['an unreadable file', { MARQUEE_CONFIG: '/' }, 'CONFIG_UNREADABLE', '/'],
  ])('for %s says so in one line, tells its parent, and exits 1', async (_name, env, code, culprit) => {
    const { said, exited, lines } = await start(env)
    expect(said).toMatchObject({ event: 'failed', code, message: expect.stringContaining(culprit) })
    expect(await exited).toEqual({ code: 1, signal: null })
    const failures = lines().filter(({ level }) => level !== 30)
    expect(failures).toEqual([expect.objectContaining({ level: 60, code, mend: expect.any(String) })])
  })
})
