import { headers } from '@marquee/contract'
import { describe, expect, test } from '@jest/globals'
import { ask, codesOf } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()
const query = '{ books { price } }'

describe('plans and traces', () => {
  test('are refused to callers without the scope', async () => {
    const { status, body } = await ask(tiny.gateway.url, { query }, { [headers.inspect]: 'plan' })
    expect(status).toBe(403)
    expect(codesOf(body)).toEqual(['INSPECTION_NOT_ALLOWED'])
  })

  test('are shown to everyone where that is set', async () => {
    const open = await startTestGateway(tiny.federation.supergraphFile, { inspect: { everyone: true } })
    const shown = await ask(open.url, { query }, { [headers.inspect]: 'plan, trace' })
    const plain = await ask(open.url, { query })
    const wrong = await ask(open.url, { query }, { [headers.inspect]: 'everything' })
    await open.drain()
    expect(plain.body).not.toHaveProperty('extensions')
    expect(codesOf(wrong.body)).toEqual(['BAD_REQUEST'])
    const { plan, trace } = (shown.body as { extensions?: Record<string, never> }).extensions ?? {}
    expect(plan).toEqual({
      calls: [
        {
          subgraph: 'books',
          after: [],
          fetches: [{ operation: expect.stringContaining('books'), paths: [''], isPublic: false }],
        },
        {
          subgraph: 'prices',
          after: [0],
          fetches: [{ operation: expect.stringContaining('_entities'), paths: ['books.@'], isPublic: false }],
        },
      ],
    })
    const aFetch = { requestBytes: expect.any(Number), answerBytes: expect.any(Number), shared: false }
    expect(trace).toMatchObject({
      fetches: [
        { ...aFetch, subgraph: 'books', representations: 0 },
        { ...aFetch, subgraph: 'prices', representations: 2, paths: ['books.@'] },
      ],
    })
    const [first, second] = (trace as unknown as { fetches: { startMs: number; endMs: number }[] }).fetches
    expect(second?.startMs).toBeGreaterThanOrEqual(first?.endMs ?? Infinity)
  })
})
