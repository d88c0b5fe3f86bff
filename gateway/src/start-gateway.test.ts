import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { gatewayConfig } from './config.ts'
import { startGateway } from './start-gateway.ts'
import { ask, codesOf } from './testing/ask.ts'
import { startTestGateway } from './testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from './testing/tiny-federation.ts'

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
beforeAll(async () => {
  federation = await startTinyFederation()
  gateway = await startTestGateway(federation.supergraphFile)
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
})

const get = (search: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}?${search}`, { headers: { 'apollo-require-preflight': 'true', ...headers } })

describe('a gateway with a supergraph file and a port, and nothing else', () => {
  test('joins what two plain subgraphs know', async () => {
    const { status, headers, body } = await ask(gateway.url, {
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
    const posted = await ask(gateway.url, { query })
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
    const { body } = await ask(gateway.url, { query: '{ __schema { types { name } } }' })
    const names = JSON.stringify(body.data)
    expect(names).toContain('Book')
    expect(names).not.toContain('join__')
  })

  test('tells a subgraph the request id and the time left, and nothing else of the client', async () => {
    federation.books.received.length = 0
    const { headers } = await ask(
      gateway.url,
      { query: '{ books { title } }' },
      {
        'x-request-id': 'my-own-id',
        authorization: 'Bearer x',
        cookie: 'a=b',
        'x-marquee-identity': 'forged',
      },
    )
    const [received] = federation.books.received
    expect(headers.get('x-request-id')).toBe('my-own-id')
    expect(received).toMatchObject({ 'x-request-id': 'my-own-id' })
    expect(Number(received?.['x-marquee-deadline-ms'])).toBeLessThanOrEqual(30_000)
    for (const name of ['authorization', 'cookie', 'x-marquee-identity', 'x-marquee-signature']) {
      expect(received).not.toHaveProperty(name)
    }
  })

  test('makes a request id of its own for one that could forge a log line', async () => {
    const { headers } = await ask(gateway.url, { query: '{ __typename }' }, { 'x-request-id': 'a b"}' })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('is alive, ready and measured', async () => {
    for (const path of ['live', 'ready']) {
      expect((await fetch(`${gateway.origin}/health/${path}`)).status).toBe(200)
    }
    await ask(gateway.url, { query: '{ cheapest { id } }' })
    const metrics = await (await fetch(`${gateway.origin}/metrics`)).text()
    expect(metrics).toMatch(/marquee_gateway_stage_seconds_count\{stage="execute"\} [1-9]/)
    expect(metrics).toMatch(
      /marquee_gateway_subgraph_fetch_seconds_count\{service="prices",outcome="ok"\} [1-9]/,
    )
    expect(metrics).toMatch(/marquee_gateway_supergraph_loads_total\{outcome="loaded"\} 1/)
  })

  test('cannot start twice on one port', async () => {
    const config = gatewayConfig.parse({
      port: Number(new URL(gateway.url).port),
      supergraph: { file: federation.supergraphFile },
      logLevel: 'silent',
    })
    await expect(startGateway(config)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })
})

describe('a bad request gets a coded error', () => {
  const cases: [string, () => Promise<Response>, number, string][] = [
    ['malformed JSON', () => post('{"query": '), 400, 'MALFORMED_JSON'],
    ['bytes that are not UTF-8', () => post(new Uint8Array([0x22, 0xff, 0xfe, 0x22])), 400, 'MALFORMED_JSON'],
    ['no body', () => post(''), 400, 'MALFORMED_JSON'],
    ['a batch', () => post('[{"query":"{ __typename }"}]'), 400, 'BAD_REQUEST'],
    ['no query', () => post('{}'), 400, 'BAD_REQUEST'],
    ['variables in a string', () => post('{"query":"{ __typename }","variables":"{}"}'), 400, 'BAD_REQUEST'],
    [
      'JSON nested too deep',
      () => post(`{"query":"{ __typename }","variables":{"a":${'['.repeat(400)}`),
      400,
      'BAD_REQUEST',
    ],
    ['a query given twice', () => get('query={__typename}&query={__typename}'), 400, 'BAD_REQUEST'],
    [
      'another content type',
      () => post('<a/>', { 'content-type': 'application/xml' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another charset',
      () => post('{}', { 'content-type': 'application/json; charset=latin1' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'an accept that cannot be met',
      () => post('{"query":"{ __typename }"}', { accept: 'text/csv' }),
      406,
      'NOT_ACCEPTABLE',
    ],
    [
      'a form from another site',
      () => post('query=a', { 'content-type': 'application/x-www-form-urlencoded' }),
      400,
      'CSRF_PREVENTED',
    ],
    [
      'plain text from another site',
      () => post('{}', { 'content-type': 'text/plain' }),
      400,
      'CSRF_PREVENTED',
    ],
    ['GET without a preflight', () => fetch(`${gateway.url}?query={__typename}`), 400, 'CSRF_PREVENTED'],
    [
      'GET with an empty preflight header',
      () => get('query={__typename}', { 'apollo-require-preflight': '' }),
      400,
      'CSRF_PREVENTED',
    ],
    ['another method', () => fetch(gateway.url, { method: 'PUT' }), 405, 'METHOD_NOT_ALLOWED'],
    ['another path', () => fetch(`${gateway.origin}/elsewhere`), 404, 'NOT_FOUND_PATH'],
    ['a path that is no path', () => fetch(`${gateway.origin}/%zz`), 400, 'BAD_REQUEST'],
    ['a body too long', () => post(`{"query":"${'a'.repeat(1024 * 1024)}"}`), 413, 'REQUEST_TOO_LARGE'],
    ['a field that is not there', () => strict('{ nothing }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['what is not GraphQL', () => strict('{ books('), 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'a wrong variable',
      () => strict('query($id: ID!) { book(id: $id) { id } }', { id: {} }),
      400,
      'BAD_USER_INPUT',
    ],
    ['no variable', () => strict('query($id: ID!) { book(id: $id) { id } }'), 400, 'BAD_USER_INPUT'],
    [
      'two operations',
      () => strict('query A { __typename } query B { __typename }'),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
  ]
  const post = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    })
  const strict = (query: string, variables = {}): Promise<Response> =>
    post(JSON.stringify({ query, variables }), { accept: 'application/graphql-response+json' })

  test.each(cases)('%s', async (_name, send, status, code) => {
    const answer = await send()
    const body = await answer.json()
    expect([answer.status, codesOf(body)]).toEqual([status, [code]])
    expect(body).not.toHaveProperty('data')
    expect(body.errors[0].extensions.mend).toEqual(expect.any(String))
    expect(answer.headers.get('x-request-id')).toBeTruthy()
  })

  test('a failed request leaves one line in the log, with its id', async () => {
    gateway.lines.length = 0
    await ask(gateway.url, { query: '{ nothing }' }, { 'x-request-id': 'line-test' })
    expect(gateway.lines).toHaveLength(1)
    expect(gateway.lines[0]).toMatchObject({
      requestId: 'line-test',
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED' }],
    })
  })

  test('what is not HTTP', async () => {
    const answer = await new Promise<string>(resolve => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
        socket.write('nonsense\r\n\r\n'),
      )
      let text = ''
      socket.on('data', chunk => (text += String(chunk)))
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('"code":"BAD_REQUEST"')
  })

  test('whatever the bytes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.json().map(text => Buffer.from(text)),
          fc
            .record(
              { query: fc.string({ unit: 'binary' }), variables: fc.anything(), extensions: fc.anything() },
              { requiredKeys: [] },
            )
            .map(value => Buffer.from(JSON.stringify(value) ?? '')),
          fc
            .array(
              fc.constantFrom(
                '{',
                '}',
                'books',
                '(',
                ')',
                '$a',
                ':',
                '"',
                '...',
                'on',
                'Book',
                '@include',
                '\u0000',
              ),
            )
            .map(tokens => Buffer.from(JSON.stringify({ query: tokens.join(' ') }))),
        ),
        async bytes => {
          const answer = await fetch(gateway.url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: Buffer.from(bytes),
          })
          const codes = codesOf(await answer.json())
          expect(answer.status).toBeLessThan(500)
          expect(codes.length).toBeGreaterThan(0)
          for (const code of codes) expect(code).not.toBe('INTERNAL_SERVER_ERROR')
        },
      ),
      { numRuns: 300 },
    ))
})

describe('pages of other origins', () => {
  test('get no CORS headers unless their origin is named', async () => {
    const open = await startTestGateway(federation.supergraphFile, {
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
    const closed = await preflight(gateway.url, 'https://films.example')
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
    const leaving = await startTestGateway(federation.supergraphFile, { drain: { delayMs: 150 } })
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
    const leaving = await startTestGateway(federation.supergraphFile, { drain: { timeoutMs: 100 } })
    federation.books.breakWith(() => {})
    const hanging = ask(leaving.url, { query: '{ slow }' }).catch(() => 'cut')
    await sleep(50)
    const started = performance.now()
    await leaving.drain()
    federation.books.breakWith(undefined)
    expect(performance.now() - started).toBeLessThan(1500)
    expect(await hanging).toBe('cut')
  })
})
