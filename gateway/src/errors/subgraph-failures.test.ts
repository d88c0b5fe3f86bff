import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServerResponse } from 'node:http'
import { ask, type Reply } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
beforeAll(async () => {
  federation = await startTinyFederation()
  gateway = await startTestGateway(federation.supergraphFile, { deadlineMs: 700 })
})
beforeEach(() => {
  federation.books.breakWith(undefined)
  federation.prices.breakWith(undefined)
  gateway.lines.length = 0
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
})

const answerWith =
  (status: number, type: string, body: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }

const summary = ({ body }: Reply): unknown =>
  body.errors?.map(({ path, extensions }) => [extensions['code'], extensions['service'], path])

describe('a subgraph that fails leaves the rest of the answer whole', () => {
  const query = '{ books { title price } }'
  const withoutPrices = {
    books: [
      { title: 'Solaris', price: null },
      { title: 'Kallocain', price: null },
    ],
  }
  const atEachBook = (code: string): unknown => [0, 1].map(index => [code, 'prices', ['books', index]])
  const cases: [string, (response: ServerResponse) => void, string][] = [
    ['cuts the connection', response => response.destroy(), 'SUBGRAPH_UNAVAILABLE'],
    ['is down behind its proxy', answerWith(503, 'text/html', '<h1>down</h1>'), 'SUBGRAPH_UNAVAILABLE'],
    ['answers a page with 200', answerWith(200, 'text/html', '<h1>hello</h1>'), 'SUBGRAPH_BAD_RESPONSE'],
    ['answers text with 500', answerWith(500, 'text/plain', 'oh'), 'SUBGRAPH_BAD_RESPONSE'],
    ['answers nothing in JSON', answerWith(200, 'application/json', '{}'), 'SUBGRAPH_BAD_RESPONSE'],
    [
      'answers data null without an error',
      answerWith(200, 'application/json', '{"data":null}'),
      'SUBGRAPH_BAD_RESPONSE',
    ],
    ['answers a list', answerWith(200, 'application/json', '[]'), 'SUBGRAPH_BAD_RESPONSE'],
    [
      'cuts its answer short',
      response => response.writeHead(200, { 'content-length': '99' }).write('{"da', () => response.destroy()),
      'SUBGRAPH_UNAVAILABLE',
    ],
    ['never answers', () => {}, 'DEADLINE_EXCEEDED'],
    [
      'begins an answer and never ends it',
      response => response.writeHead(200).write('{"data"'),
      'DEADLINE_EXCEEDED',
    ],
  ]
  test.each(cases)('one that %s', async (_name, fault, code) => {
    federation.prices.breakWith(fault)
    const reply = await ask(gateway.url, { query })
    expect(reply.status).toBe(200)
    expect(reply.body.data).toEqual(withoutPrices)
    expect(summary(reply)).toEqual(atEachBook(code))
    expect(gateway.lines).toHaveLength(1)
    expect(gateway.lines[0]).toMatchObject({ level: 50, count: 2, errors: [{ code, service: 'prices' }, {}] })
  })

  test('one that is gone', async () => {
    const lonely = await startTestGateway(federation.supergraphFile, {
      subgraphs: { prices: { url: 'http://127.0.0.1:9/' } },
    })
    const reply = await ask(lonely.url, { query })
    await lonely.drain()
    expect(reply.body.data).toEqual(withoutPrices)
    expect(summary(reply)).toEqual(atEachBook('SUBGRAPH_UNAVAILABLE'))
  })

  test('one that gives a value of another type', async () => {
    federation.prices.breakWith(
      answerWith(200, 'application/json', '{"data":{"_entities":[{"price":"dear"},{"price":7}]}}'),
    )
    const reply = await ask(gateway.url, { query })
    expect(reply.body.data).toEqual({
      books: [
        { title: 'Solaris', price: null },
        { title: 'Kallocain', price: 7 },
      ],
    })
    expect(summary(reply)).toEqual([['SUBGRAPH_BAD_VALUE', undefined, ['books', 0, 'price']]])
  })

  test('one whose answer is too long', async () => {
    const narrow = await startTestGateway(federation.supergraphFile, { fetch: { maxAnswerBytes: 20 } })
    const reply = await ask(narrow.url, { query })
    await narrow.drain()
    expect(summary(reply)).toEqual([['SUBGRAPH_BAD_RESPONSE', 'books', ['books']]])
  })
})

describe('the deadline', () => {
  test('ends a request that has nothing to show with 504', async () => {
    federation.books.breakWith(() => {})
    const started = performance.now()
    const reply = await ask(gateway.url, { query: '{ books { title } }' })
    expect(performance.now() - started).toBeLessThan(1500)
    expect(reply.status).toBe(504)
    expect(summary(reply)).toEqual([['DEADLINE_EXCEEDED', 'books', undefined]])
    expect(reply.body).not.toHaveProperty('data')
  })

  test('a client that goes away takes its fetches with it', async () => {
    let cut = false
    federation.books.breakWith(response => {
      response.on('close', () => {
        cut = true
      })
    })
    const leaving = new AbortController()
    const asked = fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ books { title } }' }),
      signal: leaving.signal,
    }).catch(() => 'gone')
    await sleep(100)
    leaving.abort()
    expect(await asked).toBe('gone')
    await sleep(100)
    expect(cut).toBe(true)
    expect(gateway.lines).toEqual([])
  })
})

describe("a subgraph's own errors", () => {
  const fail = (code: string, url = gateway.url): Promise<Reply> =>
    ask(url, { query: 'query($code: String) { fail(code: $code) }', variables: { code } })

  test('with a code of the catalogue pass, with the way out', async () => {
    const { body } = await fail('FORBIDDEN')
    expect(body.errors).toEqual([
      {
        message: 'inner words of FORBIDDEN',
        path: ['fail'],
        extensions: { code: 'FORBIDDEN', service: 'books', mend: expect.any(String) },
      },
    ])
  })

  test('with a code of their own pass', async () => {
    const { body } = await fail('OUT_OF_STOCK')
    expect(body.errors).toEqual([
      {
        message: 'inner words of OUT_OF_STOCK',
        path: ['fail'],
        extensions: { code: 'OUT_OF_STOCK', service: 'books' },
      },
    ])
  })

  test.each(['none', 'INTERNAL_SERVER_ERROR', 'GRAPHQL_VALIDATION_FAILED'])(
    'with code %s are masked, and found in the log by id',
    async code => {
      const { body } = await fail(code)
      expect(JSON.stringify(body)).not.toContain('inner words')
      expect(summary({ body } as Reply)).toEqual([['INTERNAL_SERVER_ERROR', 'books', ['fail']]])
      const id = body.errors?.[0]?.extensions['id']
      expect(id).toEqual(expect.any(String))
      expect(gateway.lines).toHaveLength(1)
      expect(gateway.lines[0]).toMatchObject({
        errors: [{ id, cause: expect.stringContaining('inner words') }],
      })
    },
  )

  test('are shown as they are when masking is off', async () => {
    const frank = await startTestGateway(federation.supergraphFile, { errors: { maskUnknown: false } })
    const { body } = await fail('none', frank.url)
    await frank.drain()
    expect(body.errors?.[0]).toMatchObject({
      message: 'inner words of none',
      extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'books' },
    })
  })

  test('an id that the subgraph logged is kept', async () => {
    const id = '0b1f8a5e-0000-4000-8000-000000000000'
    federation.books.breakWith(
      answerWith(
        200,
        'application/json',
        JSON.stringify({
          data: { fail: null },
          errors: [{ message: 'm', path: ['fail'], extensions: { code: 'INTERNAL_SERVER_ERROR', id } }],
        }),
      ),
    )
    expect((await fail('x')).body.errors?.[0]?.extensions['id']).toBe(id)
  })
})
