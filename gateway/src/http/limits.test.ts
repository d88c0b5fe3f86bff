import { describe, expect, test } from '@jest/globals'
import { ask, codesOf } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

const countOf = async (origin: string, limit: string): Promise<number> => {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const found = new RegExp(`marquee_gateway_limit_exceeded_total\\{limit="${limit}"\\} (\\d+)`).exec(text)
  return Number(found?.[1] ?? 0)
}

const entries = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

describe('limits over HTTP', () => {
  test('a short document that would be a long plan is refused at once', async () => {
    const fragments = Array.from(
      { length: 14 },
      (_, i) => `fragment F${i} on Book{...F${i + 1} ...F${i + 1}}`,
    )
    const query = `{books{...F0}}${fragments.join('')}fragment F14 on Book{title price shipping}`
    expect(query.length).toBeLessThan(837)
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      // Client and gateway are this thread: its time, so that a busy machine is not to blame.
      const before = process.threadCpuUsage()
      const { body } = await ask(tiny.gateway.url, { query })
      const { user, system } = process.threadCpuUsage(before)
      times.push((user + system) / 1000)
      expect(codesOf(body)).toEqual(['DOCUMENT_TOO_COMPLEX'])
    }
    expect(Math.min(...times)).toBeLessThan(20)
    expect(await countOf(tiny.gateway.origin, 'maxSelections')).toBe(5)
  })

  test('a list of the variables may have so many entries and no more, wherever it stands', async () => {
    const query = '{ __typename }'
    const allowed = await ask(tiny.gateway.url, { query, variables: { a: { b: entries(1000) } } })
    const refused = await ask(tiny.gateway.url, { query, variables: { c: 1, a: { b: [entries(1001)] } } })
    expect(allowed.body.data).toBeTruthy()
    expect(codesOf(refused.body)).toEqual(['BAD_USER_INPUT'])
    expect(refused.body.errors?.[0]?.message).toMatch(/\$a has a list of 1001 .*gateway\.limits\.maxListSize/)
    expect(await countOf(tiny.gateway.origin, 'maxListSize')).toBe(1)
  })

  test.each(['POST', 'GET'])('the JSON of a %s may be nested so deep and no deeper', async method => {
    const variables = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const send = (depth: number): Promise<Response> => {
      const headers = { 'content-type': 'application/json' }
      if (method === 'POST') {
        const body = `{"query":"{ __typename }","variables":${variables(depth - 1)}}`
        return fetch(tiny.gateway.url, { method: 'POST', headers, body })
      }
      const search = new URLSearchParams({ query: '{ __typename }', variables: variables(depth) })
      return fetch(`${tiny.gateway.url}?${search.toString()}`, { headers })
    }
    const before = await countOf(tiny.gateway.origin, 'maxVariablesDepth')
    expect((await send(99)).status).toBe(200)
    const refused = await send(100)
    expect([refused.status, codesOf(await refused.json())]).toEqual([400, ['BAD_REQUEST']])
    expect(await countOf(tiny.gateway.origin, 'maxVariablesDepth')).toBe(before + 1)
  })

  test('a body that is too long is counted', async () => {
    const { status } = await ask(tiny.gateway.url, { query: 'a'.repeat(1024 * 1024) })
    expect(status).toBe(413)
    expect(await countOf(tiny.gateway.origin, 'maxBodyBytes')).toBe(1)
  })
})

describe('measure-only mode', () => {
  test('answers, with one line in the log and one on the counter for each excess', async () => {
    const lenient = await startTestGateway(tiny.federation.supergraphFile, {
      limits: { measureOnly: true, maxRootFields: 1, maxAliases: 1, maxListSize: 2, maxVariablesDepth: 5 },
    })
    lenient.lines.length = 0
    const query = '{ a: __typename b: __typename }'
    const first = await ask(lenient.url, { query, variables: { list: entries(3) } })
    const second = await ask(lenient.url, { query })
    const deep = await ask(lenient.url, `{"query":"{a}","variables":{"a":[[[[[[[[]]]]]]]]}}`)
    const counts = await Promise.all(
      ['maxAliases', 'maxRootFields', 'maxListSize', 'maxDepth'].map(limit => countOf(lenient.origin, limit)),
    )
    await lenient.drain()
    for (const { body } of [first, second]) expect(body).toEqual({ data: { a: 'Query', b: 'Query' } })
    expect(codesOf(deep.body)).toEqual(['BAD_REQUEST'])
    expect(counts).toEqual([2, 2, 1, 0])
    const excesses = lenient.lines.filter(line => line['msg'] === 'limit exceeded')
    expect(excesses.map(({ limit, count, max, level }) => [limit, count, max, level])).toEqual([
      ['maxListSize', 3, 2, 30],
      ['maxAliases', 2, 1, 30],
      ['maxRootFields', 2, 1, 30],
      ['maxAliases', 2, 1, 30],
      ['maxRootFields', 2, 1, 30],
      ['maxVariablesDepth', 'more than 5', 5, 30],
    ])
  })
})
