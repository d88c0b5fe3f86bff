import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { gatewayConfig } from './config.ts'
import { startGateway } from './start-gateway.ts'
import { ask, codesOf } from './testing/ask.ts'
import { startTestGateway } from './testing/test-gateway.ts'
import { withTinyGateway } from './testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

const get = (search: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${tiny.gateway.url}?${search}`, { headers: { 'apollo-require-preflight': 'true', ...headers } })

describe('a gateway with a supergraph file and a port, and nothing else', () => {
  test('joins what two plain subgraphs know', async () => {
    const { status, headers, body } = await ask(tiny.gateway.url, {
      query: 'query($n: Int!) { books(first: $n) { title price shipping } }',
      variables: { n: 2 },
    })
    expect(body).toEqual({
      data: {
        books: [
          { title: 'Solaris', price: 100, shipping: 20 },
          { title: 'Kallocain', price: 200, shipping: 40 },
        ],
      },
    })
    expect(status).toBe(200)
    expect(Number(headers.get('x-response-time'))).toBeGreaterThan(0)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('changes things by POST and refuses to by GET', async () => {
    const query = 'mutation { rename(id: 1, title: "Solyaris") { id title price } }'
    const posted = await ask(tiny.gateway.url, { query })
    expect(posted.body.data).toEqual({ rename: { id: '1', title: 'Solyaris', price: 100 } })
    const got = await get(`query=${encodeURIComponent(query)}`)
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
    expect(codesOf(await got.json())).toEqual(['METHOD_NOT_ALLOWED'])
  })

  test('answers queries by GET', async () => {
    const answer = await get(
      `query=${encodeURIComponent('query Q($n: ID!) { book(id: $n) { title } }')}&variables=${encodeURIComponent('{"n":"3"}')}&operationName=Q`,
    )
    expect(await answer.json()).toEqual({ data: { book: { title: 'We' } } })
  })

  test('shows the schema without the machinery of federation', async () => {
    const { body } = await ask(tiny.gateway.url, { query: '{ __schema { types { name } } }' })
    const names = JSON.stringify(body.data)
    expect(names).toContain('Book')
    expect(names).not.toContain('join__')
  })

  test('tells a subgraph the request id and the time left, and nothing else of the client', async () => {
    tiny.federation.books.received.length = 0
    const { headers } = await ask(
      tiny.gateway.url,
      { query: '{ books { title } }' },
      {
        'x-request-id': 'my-own-id',
        authorization: 'Bearer x',
        cookie: 'a=b',
        'x-marquee-identity': 'forged',
      },
    )
    const [received] = tiny.federation.books.received
    expect(headers.get('x-request-id')).toBe('my-own-id')
    expect(received).toMatchObject({ 'x-request-id': 'my-own-id' })
    expect(Number(received?.['x-marquee-deadline-ms'])).toBeLessThanOrEqual(30_000)
    for (const name of ['authorization', 'cookie', 'x-marquee-identity', 'x-marquee-signature']) {
      expect(received).not.toHaveProperty(name)
    }
  })

  test('makes a request id of its own for one that could forge a log line', async () => {
    const { headers } = await ask(tiny.gateway.url, { query: '{ __typename }' }, { 'x-request-id': 'a b"}' })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('is alive, ready and measured', async () => {
    for (const path of ['live', 'ready']) {
      expect((await fetch(`${tiny.gateway.origin}/health/${path}`)).status).toBe(200)
    }
    await ask(tiny.gateway.url, { query: '{ cheapest { id } }' })
    const metrics = await (await fetch(`${tiny.gateway.origin}/metrics`)).text()
    expect(metrics).toMatch(/marquee_gateway_stage_seconds_count\{stage="execute"\} [1-9]/)
    expect(metrics).toMatch(
      /marquee_gateway_subgraph_fetch_seconds_count\{service="prices",outcome="ok"\} [1-9]/,
    )
    expect(metrics).toMatch(/marquee_gateway_supergraph_loads_total\{outcome="loaded"\} 1/)
  })

  test('cannot start twice on one port', async () => {
    const config = gatewayConfig.parse({
      port: Number(new URL(tiny.gateway.url).port),
      supergraph: { file: tiny.federation.supergraphFile },
      logLevel: 'silent',
    })
    await expect(startGateway(config)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })
})

describe('pages of other origins', () => {
  test('get no CORS headers unless their origin is named', async () => {
    const open = await startTestGateway(tiny.federation.supergraphFile, {
      cors: { origins: ['https://films.example'] },
    })
    const preflight = (url: string, origin: string): Promise<Response> =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      })
    const allowed = await preflight(open.url, 'https://films.example')
    const other = await preflight(open.url, 'https://evil.example')
    const closed = await preflight(tiny.gateway.url, 'https://films.example')
    const answer = await ask(open.url, { query: '{ __typename }' }, { origin: 'https://films.example' })
    await open.drain()
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://films.example')
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example')
    expect(closed.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(answer.headers.get('vary')?.toLowerCase()).toBe('origin, accept')
  })
})

describe('drain', () => {
  test('says that it is not ready, answers what is in flight, then is gone', async () => {
    const leaving = await startTestGateway(tiny.federation.supergraphFile, { drain: { delayMs: 150 } })
    const inFlight = ask(leaving.url, { query: '{ slow }' })
    await sleep(50)
    const drained = leaving.drain()
    const ready = await fetch(`${leaving.origin}/health/ready`)
    expect(ready.status).toBe(503)
    expect((await inFlight).body).toEqual({ data: { slow: 'at last' } })
    await drained
    await expect(fetch(`${leaving.origin}/health/live`)).rejects.toThrow()
  })

  test('does not wait for ever', async () => {
    const leaving = await startTestGateway(tiny.federation.supergraphFile, { drain: { timeoutMs: 100 } })
    tiny.federation.books.breakWith(() => {})
    const hanging = ask(leaving.url, { query: '{ slow }' }).catch(() => 'cut')
    await sleep(50)
    const started = performance.now()
    await leaving.drain()
    tiny.federation.books.breakWith(undefined)
    expect(performance.now() - started).toBeLessThan(1500)
    expect(await hanging).toBe('cut')
  })
})
