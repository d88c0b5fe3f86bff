import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

let federation: TinyFederation
beforeAll(async () => {
  federation = await startTinyFederation()
})
afterAll(() => federation.stop())

describe('limits', () => {
  const limited = async (
    settings: Parameters<typeof startTestGateway>[1],
    query: string,
  ): Promise<unknown> => {
    const small = await startTestGateway(federation.supergraphFile, settings)
    const { body } = await ask(small.url, { query })
    await small.drain()
    return body.errors?.map(({ message, extensions }) => `${String(extensions['code'])} ${message}`)
  }
  test.each([
    ['maxTokens', { maxTokens: 5 }, '{ books { title id } }'],
    ['maxDepth', { maxDepth: 1 }, '{ ...F } fragment F on Query { books { title } }'],
    [
      'maxSelections',
      { maxSelections: 4 },
      '{ a: books { ...F } b: books { ...F } } fragment F on Book { title id }',
    ],
    ['maxAliases', { maxAliases: 1 }, '{ a: __typename b: __typename }'],
    ['maxRootFields', { maxRootFields: 1 }, '{ ...F cheapest { id } } fragment F on Query { books { id } }'],
  ])('gateway.limits.%s', async (name, limits, query) => {
    expect(await limited({ limits }, query)).toEqual([expect.stringMatching(/^DOCUMENT_TOO_COMPLEX /)])
    expect(await limited({}, query)).toBeUndefined()
    expect(name).toBe(Object.keys(limits)[0])
  })

  test('nesting that would end the stack of the parser', async () => {
    const query = `{a(b: ${'['.repeat(100_000)}`
    expect(await limited({ limits: { maxTokens: 1_000_000 } }, query)).toEqual([
      expect.stringMatching(/^DOCUMENT_TOO_COMPLEX .*nesting/),
    ])
  })

  test('fragments that double at each step are counted, not written out', async () => {
    const fragments = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`,
    )
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F40 on Query { __typename }`
    const started = performance.now()
    expect(await limited({}, query)).toEqual([expect.stringMatching(/^DOCUMENT_TOO_COMPLEX .*fields/)])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('introspection can be switched off', async () => {
    expect(await limited({ introspection: false }, '{ __schema { types { name } } }')).toEqual([
      expect.stringMatching(/^GRAPHQL_VALIDATION_FAILED .*introspection/i),
      expect.anything(),
    ])
  })
})
