import { describe, expect, test } from '@jest/globals'
import { buildSchema } from 'graphql'
import { gatewayConfig } from '../config.ts'
import type { ReportExcess } from './document-limits.ts'
import { documentStore, type DocumentStore } from './document-store.ts'

const schema = buildSchema(`
  type Query { a(x: [Int], y: Nest): Int, q: Query, secret: Int }
  input Nest { y: [[[Nest]]] }
`)

type Settings = Parameters<typeof gatewayConfig.parse>[0]

const storeOf = (settings: Settings, report: ReportExcess = () => {}): DocumentStore =>
  documentStore(schema, gatewayConfig.parse(settings), report)

/** Code and message of what a document is refused for. */
const refusalOf = (store: DocumentStore, text: string): string | undefined => {
  try {
    store.prepare(text)
    return undefined
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return `${code} ${message}`
  }
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

/** A document that comes to exactly `size` of what the limit counts. */
const documentsOf: Readonly<Record<string, (size: number) => string>> = {
  maxTokens: size => `{ ${times(size - 2, () => 'a')} }`,
  maxNesting: size => `{ ${times(size - 1, () => '... {')} a ${'}'.repeat(size)}`,
  maxDepth: size => `{ ...F } fragment F on Query { ${times(size - 1, () => 'q {')} a ${'}'.repeat(size)}`,
  maxSelections: size => `{ ${times(size - 2, () => 'a')} ...F } fragment F on Query { a }`,
  maxAliases: size => `{ ${times(size - 1, index => `a${index}: a`)} ...F } fragment F on Query { b: a }`,
  maxDirectives: size => `{ ${times(size, index => `a${index}: a @skip(if: false)`)} }`,
  maxRootFields: size => `{ ...F a } fragment F on Query { ${times(size - 1, () => 'a')} }`,
}

describe.each(Object.entries(documentsOf))('gateway.limits.%s', (limit, documentOf) => {
  const size = 12
  test('lets its bound through and refuses one more', () => {
    const reported: unknown[] = []
    const store = storeOf({ limits: { [limit]: size } }, excess => reported.push(excess.limit))
    expect(refusalOf(store, documentOf(size))).toBeUndefined()
    expect(reported).toEqual([])
    expect(refusalOf(store, documentOf(size + 1))).toMatch(/^DOCUMENT_TOO_COMPLEX .*; 12 are allowed/)
    expect(reported).toEqual([limit])
  })

  test('has a default that is far above this', () => {
    expect(refusalOf(storeOf({}), documentOf(size + 1))).toBeUndefined()
  })
})

test('the parser stops at the tokens allowed: what comes after is not looked at', () => {
  const store = storeOf({ limits: { maxTokens: 12 } })
  expect(refusalOf(store, `{ ${times(20, () => 'a')} !`)).toMatch(
    /^DOCUMENT_TOO_COMPLEX .*more than 12 tokens/,
  )
})

describe('measure-only mode', () => {
  const lenient = { measureOnly: true }

  test.each(Object.entries(documentsOf).filter(([limit]) => limit !== 'maxNesting'))(
    'lets through what is above %s, and reports it each time',
    (limit, documentOf) => {
      const reported: unknown[] = []
      const store = storeOf({ limits: { ...lenient, [limit]: 12 } }, (excess, document) =>
        reported.push({ ...excess, document }),
      )
      const { hash } = store.prepare(documentOf(13))
      store.prepare(documentOf(13))
      const line = expect.objectContaining({ limit, count: 13, max: 12, document: hash })
      expect(reported).toEqual([line, line])
    },
  )

  test('refuses all the same what could end the stack', () => {
    const store = storeOf({ limits: lenient })
    expect(refusalOf(store, `{ a(x: ${'['.repeat(100_000)}`)).toMatch(/^DOCUMENT_TOO_COMPLEX .*nesting/)
    const chain = times(20_000, index => `fragment F${index} on Query { ...F${index + 1} }`)
    expect(refusalOf(store, `{ a } ${chain}`)).toMatch(/^DOCUMENT_TOO_COMPLEX .*nesting/)
  })
})

describe('documents that are made to cost', () => {
  const refusedIn = (text: string): readonly [string | undefined, number] => {
    const store = storeOf({})
    // Of this thread, so that a busy machine is not to blame.
    const before = process.threadCpuUsage()
    const refusal = refusalOf(store, text)
    const { user, system } = process.threadCpuUsage(before)
    return [refusal, (user + system) / 1000]
  }

  test('fragments that double at each step are counted, not written out', () => {
    const fragments = times(40, index => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)
    const [refusal, tookMs] = refusedIn(`{ ...F0 } ${fragments} fragment F40 on Query { __typename }`)
    expect(refusal).toMatch(/^DOCUMENT_TOO_COMPLEX .*more than 1000000000 fields and fragments/)
    expect(tookMs).toBeLessThan(20)
  })

  // The slowest found within the defaults, of forty kinds: 60, 50 and 25 ms, and twice that beside a busy neighbour on
  // the core. The rest of validation takes less than 20.
  test.each([
    ['fields of one name that have fields', `{ q { ${times(1300, () => 'q { q { a } }')} } }`, /same name/],
    [
      'fragments with fields of one name',
      `{ q { ${times(300, index => `...F${index}`)} } } ${times(300, index => `fragment F${index} on Query { q { a } a }`)}`,
      undefined,
    ],
    ['as many as are compared', `{ q { ${times(400, () => 'q { a }')} } }`, undefined],
  ])('%s are not compared without end', (_name, text, expected) => {
    const rounds = [1, 2, 3].map(() => refusedIn(text))
    if (expected === undefined) expect(rounds[0]?.[0]).toBeUndefined()
    else expect(rounds[0]?.[0]).toMatch(expected)
    expect(Math.min(...rounds.map(([, tookMs]) => tookMs))).toBeLessThan(200)
  })
})

describe('introspection', () => {
  const closed = storeOf({ introspection: false })

  test('is refused where it is off, and the way out is named', () => {
    for (const text of ['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }']) {
      expect(refusalOf(closed, text)).toMatch(/^GRAPHQL_VALIDATION_FAILED .*`gateway.introspection: true`/)
      expect(refusalOf(storeOf({}), text)).toBeUndefined()
    }
  })

  test('leaves __typename where it is off', () => {
    expect(refusalOf(closed, '{ __typename q { __typename } }')).toBeUndefined()
  })

  test('does not come back as suggestions where it is off', () => {
    expect(refusalOf(storeOf({}), '{ secre }')).toMatch(/Did you mean "secret"/)
    expect(refusalOf(closed, '{ secre }')).not.toMatch(/Did you mean/)
  })
})
