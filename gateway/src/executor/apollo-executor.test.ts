import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { compose, startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

let federation: TinyFederation
beforeAll(async () => {
  federation = await startTinyFederation()
})
afterAll(() => federation.stop())

/** Writes down every host that a process looks up or connects to. Loaded before anything of the gateway. */
const recorder = (file: string): string => `
  import dns from 'node:dns'
  import { appendFileSync } from 'node:fs'
  import net from 'node:net'
  const record = host => appendFileSync(${JSON.stringify(file)}, host + '\\n')
  const { connect } = net.Socket.prototype
  net.Socket.prototype.connect = function (...args) {
    const options = Array.isArray(args[0]) ? args[0][0] : args[0]
    record(typeof options === 'object' ? options.path ?? options.host ?? 'localhost' : String(args[1]))
    return connect.apply(this, args)
  }
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
    const original = dns[name]
    dns[name] = (host, ...rest) => (record(host), original(host, ...rest))
  }
`

describe('the process', () => {
  test('connects to its subgraphs and to nothing else: no telemetry leaves', async () => {
    const record = join(federation.folder, 'connections')
    await writeFile(record, '')
    const child = fork(new URL('../main.ts', import.meta.url), {
      execArgv: ['--no-warnings', '--import', `data:text/javascript,${encodeURIComponent(recorder(record))}`],
      env: {
        ...process.env,
        APOLLO_TELEMETRY_DISABLED: '',
        MARQUEE_GATEWAY_PORT: '0',
        MARQUEE_GATEWAY_SUPERGRAPH_FILE: federation.supergraphFile,
        MARQUEE_GATEWAY_LOG_LEVEL: 'error',
      },
    })
    const exited = once(child, 'exit')
    const ready = await new Promise<{ url: string }>(resolve => {
      child.on('message', (message: { event: string; url: string }) => {
        if (message.event === 'ready') resolve(message)
      })
    })
    const { body } = await ask(ready.url, { query: '{ books { price } }' })
    await sleep(500)
    child.kill('SIGTERM')
    const [code] = await exited
    const hosts = new Set((await readFile(record, 'utf8')).trim().split('\n'))
    expect(body.data).toBeTruthy()
    expect(code).toBe(0)
    expect([...hosts]).toEqual(['127.0.0.1'])
  })
})

describe('planning', () => {
  test('a short query that has countless plans is an error, at once', async () => {
    const link = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])'
    const url = 'http://127.0.0.1:9/'
    const recursive = `extend schema ${link} type Node @key(fields: "id") { id: ID!, next: Node @shareable }`
    const root = `extend schema ${link} type Query { node: Node } type Node @key(fields: "id") { id: ID!, v: Int }`
    const file = join(federation.folder, 'recursive.graphql')
    await writeFile(
      file,
      compose({
        a: { sdl: recursive, url },
        b: { sdl: recursive, url },
        c: { sdl: recursive, url },
        d: { sdl: root, url },
      }),
    )
    const gateway = await startTestGateway(file)
    const started = performance.now()
    const { status, body } = await ask(gateway.url, {
      query: `{ node { ${'next{'.repeat(12)}v${'}'.repeat(12)} } }`,
    })
    const tookMs = performance.now() - started
    await gateway.drain()
    expect(status).toBe(500)
    expect(body.errors?.[0]).toMatchObject({
      extensions: { code: 'QUERY_PLANNING_FAILED', id: expect.any(String) },
    })
    expect(tookMs).toBeLessThan(3000)
  })
})
