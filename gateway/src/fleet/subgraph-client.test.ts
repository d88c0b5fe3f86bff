import { anonymous, headers, verifyIdentity, type MarqueeError } from '@marquee/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { QueryRequest } from './send-query.ts'
import { SubgraphClient } from './subgraph-client.ts'
import { clientRequest, testConfig, type Caller } from './testing/fetches.ts'
import { startRecordingSubgraph, type Fault, type RecordingSubgraph } from './testing/recording-subgraph.ts'

let subgraph: RecordingSubgraph
const clients: SubgraphClient[] = []
const sender = (settings: Parameters<typeof testConfig>[0] = {}, url?: string) => {
  const client = new SubgraphClient(testConfig(settings))
  clients.push(client)
  return client.senderFor(() => url ?? subgraph.url)
}

const requestOf = (caller: Caller = {}, more: Partial<QueryRequest> = {}): QueryRequest => {
  const context = clientRequest(caller)
  return {
    subgraph: 'shop',
    body: '{"query":"{who}"}',
    context,
    requestIds: [context.requestId],
    idempotent: true,
    ...more,
  }
}

const failure = (sent: Promise<unknown>): Promise<MarqueeError> =>
  sent.then(
    () => {
      throw new Error('it was answered')
    },
    error => error as MarqueeError,
  )

beforeAll(async () => {
  subgraph = await startRecordingSubgraph()
})
beforeEach(() => {
  subgraph.received.length = 0
  subgraph.breakWith(undefined)
})
afterAll(async () => {
  await Promise.all(clients.map(client => client.close()))
  await subgraph.stop()
})

describe('what a subgraph is told', () => {
  test('who asks, signed; anew each second at least', async () => {
    const send = sender()
    const request = requestOf({ subject: 'User_1' })
    await send(request)
    await send(request)
    await send(requestOf({ subject: 'User_2' }))
    await send(requestOf())
    const callers = subgraph.received.map(({ headers }) =>
      verifyIdentity('a secret of the tests', 'shop', headers),
    )
    expect(callers).toEqual([
      request.context.identity,
      request.context.identity,
      { ...request.context.identity, subject: 'User_2' },
      anonymous,
    ])
    await new Promise(resolve => setTimeout(resolve, 1001 - (Date.now() % 1000)))
    await send(request)
    const signatures = subgraph.received.map(({ headers: sent }) => sent[headers.signature])
    expect(signatures.at(-1)).not.toBe(signatures[0])
  })

  test('nothing about who asks without a secret', async () => {
    await sender({ secret: undefined })(requestOf({ subject: 'User_1' }))
    expect(subgraph.received[0]?.headers).not.toHaveProperty(headers.identity)
  })

  test('nothing about who asks when it is public', async () => {
    const send = sender({ subgraphs: { shop: { public: true } } })
    await send(requestOf({ subject: 'User_1', tenant: 'a' }))
    const [received] = subgraph.received
    expect(verifyIdentity('a secret of the tests', 'shop', received?.headers ?? {})).toEqual(anonymous)
    expect(received?.headers).not.toHaveProperty('x-tenant')
  })

  test('the headers to be forwarded, and no others', async () => {
    const context = { ...clientRequest(), forwarded: { 'x-tenant': 'räksmörgås', 'x-other': 'o' } }
    await sender()(requestOf({}, { context }))
    expect(subgraph.received[0]?.headers['x-tenant']).toBe('räksmörgås')
    expect(subgraph.received[0]?.headers).not.toHaveProperty('x-other')
  })

  test('no header that a value would smuggle in', async () => {
    const context = { ...clientRequest(), forwarded: { 'x-tenant': 'a\r\nx-marquee-identity: e30' } }
    await sender({ secret: undefined })(requestOf({}, { context }))
    expect(subgraph.received[0]?.headers).not.toHaveProperty('x-tenant')
    expect(subgraph.received[0]?.headers).not.toHaveProperty(headers.identity)
  })
})

describe('where a subgraph is', () => {
  test('the config comes before the supergraph; path and query are kept', async () => {
    const url = `${subgraph.url}/deeper?a=1`
    const send = sender({ subgraphs: { shop: { url } } }, 'http://127.0.0.1:9/')
    expect(await send(requestOf())).toMatchObject({ data: { who: 'null undefined' } })
  })

  test('no URL at all: it cannot be reached', async () => {
    expect(await failure(sender({}, '')(requestOf()))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  })

  test('two senders of one client may have two', async () => {
    const client = new SubgraphClient(testConfig())
    clients.push(client)
    const before = client.senderFor(() => 'http://127.0.0.1:9/')
    const after = client.senderFor(() => subgraph.url)
    expect(await failure(before(requestOf()))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
    expect(await after(requestOf())).toMatchObject({ data: {} })
  })
})

describe('what a subgraph answers', () => {
  const answer =
    (status: number, body: string): Fault =>
    (_received, response) => {
      response.writeHead(status).end(body)
      return true
    }

  test.each([
    [200, '{"data":{"a":1}}'],
    [500, '{"data":{"a":1}}'],
    [503, '{"errors":[{"message":"m"}]}'],
    [400, '{"data":null,"errors":[{"message":"m"}]}'],
  ])('status %i with GraphQL is an answer: %s', async (status, body) => {
    subgraph.breakWith(answer(status, body))
    expect(await sender()(requestOf())).toMatchObject({ ...JSON.parse(body), bytes: body.length })
  })

  test.each<[number, string, string]>([
    [502, '<h1>', 'SUBGRAPH_UNAVAILABLE'],
    [503, '', 'SUBGRAPH_UNAVAILABLE'],
    [504, '{}', 'SUBGRAPH_UNAVAILABLE'],
    [500, 'oh', 'SUBGRAPH_BAD_RESPONSE'],
    [302, '', 'SUBGRAPH_BAD_RESPONSE'],
    [200, '{}', 'SUBGRAPH_BAD_RESPONSE'],
    [200, '[]', 'SUBGRAPH_BAD_RESPONSE'],
    [200, '{"data":[]}', 'SUBGRAPH_BAD_RESPONSE'],
    [200, '{"data":null,"errors":[]}', 'SUBGRAPH_BAD_RESPONSE'],
    [200, '{"data":{},"errors":[{"text":"m"}]}', 'SUBGRAPH_BAD_RESPONSE'],
    [200, `<h1>${'x'.repeat(900)}`, 'SUBGRAPH_BAD_RESPONSE'],
  ])('status %i with %j is %s', async (status, body, code) => {
    subgraph.breakWith(answer(status, body))
    const error = await failure(sender()(requestOf()))
    expect(error).toMatchObject({ code, details: { service: 'shop' } })
    expect(error.cause).toEqual(new Error(`status ${status}: ${body.slice(0, 200)}`))
  })

  test('an answer that is too long is a bad one', async () => {
    subgraph.breakWith(answer(200, `{"data":{"a":"${'x'.repeat(100)}"}}`))
    expect(await failure(sender({ fetch: { maxAnswerBytes: 50 } })(requestOf()))).toMatchObject({
      code: 'SUBGRAPH_BAD_RESPONSE',
    })
  })

  test('none in time is DEADLINE_EXCEEDED', async () => {
    const release = subgraph.hold()
    const context = clientRequest()
    const sent = sender()(requestOf({}, { context }))
    setTimeout(context.abort, 20)
    expect(await failure(sent)).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    release()
  })

  test('a token that is none changes nothing', async () => {
    subgraph.breakWith((_received, response) => {
      response.setHeader(headers.consistency, 'nonsense')
      return false
    })
    const context = clientRequest()
    expect(await sender()(requestOf({}, { context }))).toMatchObject({ data: {} })
    expect(context.consistency.token()).toEqual({})
  })
})
