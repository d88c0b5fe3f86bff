import { connect } from 'node:net'
import { signIdentity } from '@marquee/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { askSubgraph } from '../ask-subgraph.ts'
import { subgraphConfig } from '../config.ts'
import { countingDatabase, filmSubgraph } from '../testing/film-subgraph.ts'
import { person, secret, serveTestSubgraph, type RawAnswer } from '../testing/serve-test-subgraph.ts'
import { serveSubgraph } from '../serve-subgraph.ts'

let films: Awaited<ReturnType<typeof serveTestSubgraph>>
const { database, state } = countingDatabase()

beforeAll(async () => {
  films = await serveTestSubgraph(
    {
      ...filmSubgraph(database),
      routes: app => {
        app.get('/.well-known/keys', () => ({ keys: [] }))
        app.get('/broken', () => {
          throw new Error('a secret of the route')
        })
      },
    },
    { maxBodyBytes: 2000, receiveTimeoutMs: 300 },
  )
})
afterAll(() => films.drain())
beforeEach(() => void films.lines.splice(0))

const errorOf = ({ text }: RawAnswer) =>
  (JSON.parse(text) as { errors: { message: string; extensions: { code: string; mend: string } }[] })
    .errors[0]

const expectRefusal = async (answer: RawAnswer, status: number, code: string): Promise<void> => {
  expect(errorOf(answer)).toMatchObject({ extensions: { code, mend: expect.any(String) } })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  // What a 200 tells a client to mend is for the gateway to log.
  if (status === 200) return
  expect(await films.requestLines(1)).toMatchObject([{ level: 'warn', codes: [code] }])
  expect(films.lines).toHaveLength(1)
}

const introspection = JSON.stringify({ query: '{ __schema { queryType { name } } }' })
const sdl = JSON.stringify({ query: '{ _service { sdl } }' })

describe('a caller that is not the gateway', () => {
  const me = person('User_1')
  const hourAgo = Date.now() - 3_600_000
  test.each([
    ['sends nothing', {}],
    ['knows another secret', signIdentity('not the secret at all', 'films', me)],
    ['replays what was signed for another subgraph', signIdentity(secret, 'users', me)],
    ['replays what was signed an hour ago', signIdentity(secret, 'films', me, hourAgo)],
    ['changes the identity', { ...signIdentity(secret, 'films', me), 'x-marquee-identity': 'e30' }],
    ['sends rubbish', { 'x-marquee-identity': '\u00ff', 'x-marquee-signature': 'v1.1.1.1' }],
  ])('%s: refused before any work', async (_name, headers) => {
    const forks = state.forks
    await expectRefusal(await films.send(sdl, headers, { signed: false }), 401, 'CALLER_NOT_GATEWAY')
    expect(state.forks).toBe(forks)
  })

  test.each([
    ['introspection', introspection],
    ['a body that is no JSON', '{'],
    ['no body', undefined],
  ])('%s does not get further either', async (_name, body) => {
    await expectRefusal(await films.send(body, {}, { signed: false }), 401, 'CALLER_NOT_GATEWAY')
  })

  test('GET does not get further either', async () => {
    const path = '/graphql?query=%7B__typename%7D'
    await expectRefusal(
      await films.send(undefined, {}, { signed: false, method: 'GET', path }),
      401,
      'CALLER_NOT_GATEWAY',
    )
  })

  test('the gateway gets both', async () => {
    expect((await films.send(introspection)).status).toBe(200)
    expect((await films.send(sdl)).text).toContain('type Film')
  })
})

describe('a request that is none', () => {
  const query = '{"query":"{whoAmI}"}'
  test.each([
    ['malformed JSON', '{"query":', {}, 400, 'MALFORMED_JSON'],
    ['an empty body', '', {}, 400, 'MALFORMED_JSON'],
    ['bytes that are no UTF-8', Uint8Array.of(0xff, 0xfe, 0x00), {}, 400, 'MALFORMED_JSON'],
    ['a list', '[]', {}, 400, 'BAD_REQUEST'],
    ['a number', '5', {}, 400, 'BAD_REQUEST'],
    ['null', 'null', {}, 400, 'BAD_REQUEST'],
    ['no query', '{"variables":{}}', {}, 400, 'BAD_REQUEST'],
    ['a query that is no text', '{"query":5}', {}, 400, 'BAD_REQUEST'],
    ['variables that are no object', '{"query":"{whoAmI}","variables":"x"}', {}, 400, 'BAD_REQUEST'],
    ['a batch', '[{"query":"{whoAmI}"}]', {}, 400, 'BAD_REQUEST'],
    ['an unknown content type', query, { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', query, { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a content type that is none', query, { 'content-type': 'a/b/c;;' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body too large', `{"query":"{whoAmI #${'x'.repeat(3000)}\\n}"}`, {}, 413, 'REQUEST_TOO_LARGE'],
    ['an accept header without JSON', query, { accept: 'image/png' }, 406, 'BAD_REQUEST'],
    [
      'a persisted query',
      `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
      {},
      200,
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
  ])('%s', async (_name, body, headers, status, code) => {
    await expectRefusal(await films.send(body, headers), status, code)
  })

  test('a body without a content type', async () => {
    await expectRefusal(await films.send(query, { 'content-type': '' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  test.each(['GET', 'PUT', 'DELETE'])('%s', async method => {
    const answer = await films.send(undefined, {}, { method })
    expect(answer.headers.get('allow')).toBe('POST')
    await expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED')
  })

  test('a path with nothing at it', async () => {
    await expectRefusal(await films.send('{}', {}, { path: '/graph?ql' }), 404, 'NOT_FOUND_PATH')
  })

  test('a path that is none', async () => {
    await expectRefusal(await films.send('{}', {}, { path: '/%zz' }), 400, 'BAD_REQUEST')
  })

  test('a strange Host header does no harm', async () => {
    expect((await films.send(query, { host: 'a b[' })).status).toBe(200)
  })
})

/** Sends bytes over a bare socket and gives what comes back until the server closes. */
const sendBytes = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(films.origin)
    let received = ''
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes))
    socket.on('data', chunk => (received += chunk.toString('utf8')))
    socket.on('end', () => resolve(received))
    socket.on('error', reject)
  })

test('what is not HTTP gets a coded error and one line', async () => {
  const answer = await sendBytes('HELO marquee\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
  expect(answer).toContain('"BAD_REQUEST"')
  expect(await films.requestLines(1)).toMatchObject([{ level: 'warn', codes: ['BAD_REQUEST'] }])
})

test('a body that never arrives is not waited for', async () => {
  const headers = Object.entries(signIdentity(secret, 'films', person('User_1')))
  const head = ['POST /graphql HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 50']
  const lines = [...head, ...headers.map(([name, value]) => `${name}: ${value}`)]
  const answer = await sendBytes(`${lines.join('\r\n')}\r\n\r\n{`)
  expect(answer).toContain('it did not arrive in time')
  expect(await films.requestLines(1)).toMatchObject([{ level: 'warn', codes: ['BAD_REQUEST'] }])
  expect(films.lines).toHaveLength(1)
})

describe("routes of the subgraph's own", () => {
  test('answer anybody', async () => {
    const answer = await films.send(
      undefined,
      {},
      { signed: false, method: 'GET', path: '/.well-known/keys' },
    )
    expect([answer.status, answer.text]).toEqual([200, '{"keys":[]}'])
  })

  test('have their errors masked too', async () => {
    const answer = await films.send(undefined, {}, { signed: false, method: 'GET', path: '/broken' })
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('secret')
    expect(errorOf(answer)).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })
    expect(await films.requestLines(1)).toMatchObject([{ level: 'error' }])
  })
})

describe('without a secret', () => {
  const open = { ...filmSubgraph(database), database }
  test('a subgraph refuses to start', async () => {
    await expect(serveSubgraph(open, subgraphConfig.parse({}))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('MARQUEE_SECRET'),
    })
  })

  test('it starts when told to answer everybody, who are then anonymous', async () => {
    const settings = { secret: undefined, allowUnsignedCallers: true }
    const service = await serveTestSubgraph(filmSubgraph(database), settings)
    const answer = await askSubgraph(
      service.url,
      undefined,
      'films',
      { query: '{ whoAmI }' },
      person('User_1'),
    )
    expect(JSON.parse(String(answer.data?.['whoAmI']))).toMatchObject({ subject: null, tier: 'anonymous' })
    await service.drain()
  })
})

test('any body gives an answer or a coded error, in time', async () => {
  const request = fc.record(
    {
      query: fc.oneof(
        fc.string(),
        fc.constantFrom('{ whoAmI }', '{ film(id: 1) { id } }', 'query ($n: SafeInt) { echo(n: $n) }'),
        fc.jsonValue(),
      ),
      variables: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      operationName: fc.oneof(fc.string(), fc.jsonValue()),
      extensions: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const representations = fc.array(
    fc.oneof(
      fc.jsonValue(),
      fc.record({ __typename: fc.constantFrom('Film', 'Place', 'x'), id: fc.string() }),
    ),
  )
  const entities = representations.map(of => ({
    query: 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
    variables: { of },
  }))
  const body = fc.oneof(
    fc.string(),
    fc.uint8Array(),
    fc.oneof(fc.jsonValue(), request, entities).map(value => JSON.stringify(value)),
  )
  await fc.assert(
    fc.asyncProperty(body, async bytes => {
      const answer = await films.send(bytes)
      expect(answer.status).toBeLessThan(500)
      expect(answer.text).not.toMatch(/\.[jt]s:\d+|"stack/)
      const { errors = [] } = JSON.parse(answer.text) as { errors?: { extensions: { code: string } }[] }
      for (const { extensions } of errors) {
        expect(extensions.code).toMatch(/^[A-Z_]+$/)
        expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR')
      }
    }),
    { numRuns: 300 },
  )
})
