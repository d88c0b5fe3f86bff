import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ask, codesOf } from '../testing/ask.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

const get = (search: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${tiny.gateway.url}?${search}`, { headers: { 'apollo-require-preflight': 'true', ...headers } })

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
    [
      'variables in the URL that are no JSON',
      () => get('query={__typename}&variables={'),
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
    ['an empty content type', () => post('{}', { 'content-type': '' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a body that is compressed',
      () => post(gzipSync('{"query":"{ __typename }"}'), { 'content-encoding': 'gzip' }),
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
    ['GET without a preflight', () => fetch(`${tiny.gateway.url}?query={__typename}`), 400, 'CSRF_PREVENTED'],
    [
      'GET with an empty preflight header',
      () => get('query={__typename}', { 'apollo-require-preflight': '' }),
      400,
      'CSRF_PREVENTED',
    ],
    ['another method', () => fetch(tiny.gateway.url, { method: 'PUT' }), 405, 'METHOD_NOT_ALLOWED'],
    ['another path', () => fetch(`${tiny.gateway.origin}/elsewhere`), 404, 'NOT_FOUND_PATH'],
    ['a path that is no path', () => fetch(`${tiny.gateway.origin}/%zz`), 400, 'BAD_REQUEST'],
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
    fetch(tiny.gateway.url, {
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
    tiny.gateway.lines.length = 0
    await ask(tiny.gateway.url, { query: '{ nothing }' }, { 'x-request-id': 'line-test' })
    expect(tiny.gateway.lines).toHaveLength(1)
    expect(tiny.gateway.lines[0]).toMatchObject({
      requestId: 'line-test',
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED' }],
    })
  })

  test('what is not HTTP', async () => {
    const answer = await new Promise<string>(resolve => {
      const socket = connect(Number(new URL(tiny.gateway.url).port), '127.0.0.1', () =>
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
          const answer = await fetch(tiny.gateway.url, {
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
