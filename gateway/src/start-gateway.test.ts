import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from './test-support/ask.ts'
import { startTestGateway } from './test-support/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from './test-support/tiny-federation.ts'

describe('a gateway with a supergraph file and a port, and nothing else', () => {
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
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
  })
})
