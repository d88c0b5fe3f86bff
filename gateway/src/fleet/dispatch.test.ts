import { describe, expect, test } from '@jest/globals'
import type { Fetch, FetchAnswer } from './fetch.ts'
import { clientRequest, product, products, query, template, templates } from './testing/fetches.ts'
import type { Fault, ReceivedRequest } from './testing/recording-subgraph.ts'
import { withShop } from './testing/with-shop.ts'

const shop = withShop()

const upcs = (count: number, prefix = 'p'): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

const listLengths = (): number[] =>
  shop.subgraph.received
    .flatMap(({ variables }) =>
      Object.values(variables)
        .filter(Array.isArray)
        .map(list => list.length),
    )
    .toSorted((a, b) => a - b)

/** Each fetch as a client request of its own, all at the same moment, and not for the first time. */
const together = async (...fetches: Fetch[]): Promise<FetchAnswer[]> => {
  const run = shop.runner()
  const ask = () => Promise.all(fetches.map(fetch => run([fetch], clientRequest())))
  await ask()
  shop.subgraph.received.length = 0
  const answers = await ask()
  return answers.map(([answer]) => answer ?? { errors: [] })
}

const answerWith =
  (body: (received: ReceivedRequest) => unknown, status = 200): Fault =>
  (received, response) => {
    const answer = body(received)
    if (answer === undefined) return false
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    return true
  }

describe('a long list of representations', () => {
  test('is cut, and its rows are joined in order; errors know their row', async () => {
    const run = shop.runner({ fetch: { maxBatch: 10 } })
    const asked = upcs(25).with(3, 'bad-3').with(10, 'bad-10').with(24, 'none')
    const [answer] = await run([products(templates.bad, asked)], clientRequest())
    expect(listLengths()).toEqual([5, 10, 10])
    expect(answer?.rows).toEqual(
      asked.map(upc => (upc === 'none' ? null : { upc, bad: upc.startsWith('bad') ? null : 'good' })),
    )
    expect(answer?.errors.map(({ path }) => path)).toEqual([
      [3, 'bad'],
      [10, 'bad'],
    ])
    expect(answer?.sent?.requestBytes).toBe(
      shop.subgraph.received.reduce((sum, { text }) => sum + text.length, 0),
    )
  })

  test('is cut beside others, which travel with its first piece', async () => {
    const run = shop.runner({ fetch: { maxBatch: 10 } })
    const answers = await run(
      [products(templates.names, upcs(25)), products(templates.bad, upcs(3)), query(templates.greet)],
      clientRequest(),
    )
    expect(answers).toMatchObject([
      { rows: upcs(25).map(upc => ({ name: `name of ${upc}` })) },
      { rows: upcs(3).map(upc => ({ upc })) },
      { data: { greet: 'hello you' } },
    ])
    expect(listLengths()).toEqual([3, 5, 10, 10])
    expect(shop.subgraph.received).toHaveLength(3)
  })

  test('keeps the rows of its other pieces when one brings errors only', async () => {
    const run = shop.runner({ fetch: { maxBatch: 2 } })
    const [answer] = await run([products(templates.names, ['1', '2', 'throw', '4', '5'])], clientRequest())
    expect(answer?.rows).toEqual([
      { name: 'name of 1' },
      { name: 'name of 2' },
      null,
      null,
      { name: 'name of 5' },
    ])
    expect(answer?.errors).toMatchObject([{ message: 'no throw' }])
    expect(shop.subgraph.received).toHaveLength(3)
  })

  test('fails as a whole when a piece fails', async () => {
    const run = shop.runner({ fetch: { maxBatch: 2 } })
    shop.subgraph.breakWith((received, response) => {
      if (received.text.includes('cut')) response.destroy()
      return received.text.includes('cut')
    })
    const [answer] = await run([products(templates.names, ['1', '2', 'cut'])], clientRequest())
    expect(answer).toMatchObject({ errors: [], failure: { code: 'SUBGRAPH_UNAVAILABLE' } })
    expect(answer).not.toHaveProperty('rows')
  })
})

describe('nobody suffers for others', () => {
  test('one whose entities throw does not take the others down', async () => {
    const answers = await together(
      products(templates.names, ['1']),
      products(templates.names, ['2', 'throw']),
      query(templates.greet),
    )
    expect(answers).toMatchObject([
      { rows: [{ name: 'name of 1' }], errors: [] },
      { errors: [{ message: 'no throw' }] },
      { data: { greet: 'hello you' }, errors: [] },
    ])
    expect(answers[1]).not.toHaveProperty('rows')
    expect(answers[1]?.errors[0]).not.toHaveProperty('path')
    // One together, then each alone, once.
    expect(shop.subgraph.received).toHaveLength(4)
  })

  test('one whose root field is null but must not be', async () => {
    const answers = await together(
      query(templates.strict, '"fail":true'),
      query(templates.strict, '"fail":false'),
      query(templates.soft),
    )
    expect(answers).toMatchObject([
      { errors: [{ message: 'strict', path: ['strict'] }] },
      { data: { strict: 'strict' }, errors: [] },
      { data: { soft: null }, errors: [{ path: ['soft'] }] },
    ])
    expect(answers[0]).not.toHaveProperty('data')
  })

  test('errors of one field are told to whose field it is, and nobody asks again', async () => {
    const answers = await together(
      products(templates.bad, ['bad', '1']),
      products(templates.bad, ['1', '2']),
      products(templates.bad, ['2', 'bad']),
      query(templates.soft),
      query(templates.who),
    )
    expect(answers.map(({ errors }) => errors.map(({ path }) => path))).toEqual([
      [[0, 'bad']],
      [],
      [[1, 'bad']],
      [['soft']],
      [],
    ])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  const isShared = ({ text }: ReceivedRequest): boolean => text.includes('"A"') && text.includes('"B"')
  const pair = (): Promise<FetchAnswer[]> =>
    together(products(templates.names, ['A']), products(templates.names, ['B']))
  const whole = [{ rows: [{ name: 'name of A' }] }, { rows: [{ name: 'name of B' }] }]

  test.each<[string, unknown]>([
    [
      'an error without a path',
      { data: { _entities: [{ name: 'x' }, { name: 'y' }] }, errors: [{ message: 'm' }] },
    ],
    [
      'an error that points nowhere',
      { data: { _entities: [null, null] }, errors: [{ message: 'm', path: ['_entities', 9] }] },
    ],
    [
      'an error at the list',
      { data: { _entities: [null, null] }, errors: [{ message: 'm', path: ['_entities'] }] },
    ],
    ['too few rows', { data: { _entities: [{ name: 'x' }] } }],
    ['too many rows', { data: { _entities: [{ name: 'x' }, { name: 'y' }, { name: 'z' }] } }],
    ['no list', { data: { _entities: 'x' } }],
    ['no data', { errors: [{ message: 'm' }] }],
    ['nothing', {}],
    ['a page', '<h1>too long for me</h1>'],
  ])('%s for several leads to each alone', async (_what, body) => {
    shop.subgraph.breakWith(answerWith(received => (isShared(received) ? body : undefined)))
    expect(await pair()).toMatchObject(whole)
    expect(shop.subgraph.received).toHaveLength(3)
  })

  test('a combined operation that a subgraph does not understand leads to each alone', async () => {
    shop.subgraph.breakWith(
      answerWith(
        ({ query }) => (query.includes('_1_') ? { errors: [{ message: 'aliases!' }] } : undefined),
        400,
      ),
    )
    expect(await together(products(templates.names, ['1']), query(templates.greet))).toMatchObject([
      { rows: [{ name: 'name of 1' }] },
      { data: { greet: 'hello you' } },
    ])
    expect(shop.subgraph.received).toHaveLength(3)
  })

  test('only the part concerned is asked again', async () => {
    shop.subgraph.breakWith(
      answerWith(({ query }) =>
        query.includes('_1_')
          ? {
              data: { _0_greet: 'hello', _1__entities: null },
              errors: [{ message: 'm', path: ['_1__entities'] }],
            }
          : undefined,
      ),
    )
    expect(await together(products(templates.names, ['1']), query(templates.greet))).toMatchObject([
      { rows: [{ name: 'name of 1' }], errors: [] },
      { data: { greet: 'hello' }, errors: [] },
    ])
    expect(shop.subgraph.received).toHaveLength(2)
  })

  test('a subgraph that cannot be reached is not asked again', async () => {
    shop.subgraph.breakWith((_received, response) => {
      response.destroy()
      return true
    })
    expect(await pair()).toMatchObject([
      { failure: { code: 'SUBGRAPH_UNAVAILABLE' } },
      { failure: { code: 'SUBGRAPH_UNAVAILABLE' } },
    ])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('who fails alone too is not asked a third time', async () => {
    shop.subgraph.breakWith(answerWith(() => ({ data: { _entities: [] } })))
    expect(await pair()).toMatchObject([
      { failure: { code: 'SUBGRAPH_BAD_RESPONSE' } },
      { failure: { code: 'SUBGRAPH_BAD_RESPONSE' } },
    ])
    expect(shop.subgraph.received).toHaveLength(3)
  })
})

describe('an operation with directives of its own', () => {
  const marked = template('query', 'query @slow{greet}')

  test('travels alone: they would come to hold for others', async () => {
    const [greeting, names] = await together(query(marked), products(templates.names, ['1']))
    expect(greeting?.errors[0]?.message).toContain('slow')
    expect(names).toMatchObject({ rows: [{ name: 'name of 1' }] })
    expect(shop.subgraph.received.map(({ text }) => text)).toContain(
      `{"query":${JSON.stringify(templates.names.text)},"variables":{"representations":[${product('1')}]}}`,
    )
  })
})
