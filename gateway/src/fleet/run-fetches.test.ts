import type { MarqueeError } from '@marquee/contract'
import { describe, expect, test } from '@jest/globals'
import { fetchRunner } from './run-fetches.ts'
import { clientRequest, product, products, query, templates, testConfig } from './testing/fetches.ts'
import { until, withShop } from './testing/with-shop.ts'

const shop = withShop()

const ascending = (a: number, b: number): number => a - b

const codes = (answers: readonly { failure?: MarqueeError }[]): (string | undefined)[] =>
  answers.map(({ failure }) => failure?.code)

describe('one fetch', () => {
  test('is sent as its template has it, its texts untouched', async () => {
    const fetch = products(templates.prices, ['1', '2'], '"currency":"EUR"')
    const [answer] = await shop.runner()([fetch], clientRequest())
    expect(shop.subgraph.received.map(({ text }) => text)).toEqual([
      `{"query":${JSON.stringify(templates.prices.text)},"variables":{"currency":"EUR","representations":[${product('1')},${product('2')}]}}`,
    ])
    expect(answer).toMatchObject({ rows: [{ price: '1 in EUR' }, { price: '2 in EUR' }], errors: [] })
    expect(answer).not.toHaveProperty('failure')
  })

  test('tells what its HTTP request was', async () => {
    const [answer] = await shop.runner()([query(templates.greet)], clientRequest())
    const { sent } = answer ?? {}
    expect(sent).toMatchObject({
      requestBytes: shop.subgraph.received[0]?.text.length,
      answerBytes: JSON.stringify({ data: { greet: 'hello you' } }).length,
      coalescedWith: 0,
      shared: false,
    })
    expect(sent?.endedAt).toBeGreaterThan(sent?.startedAt ?? Infinity)
  })

  test('errors have paths that begin in its data, or at the row', async () => {
    const run = shop.runner()
    const [soft] = await run([query(templates.soft)], clientRequest())
    const [bad] = await run([products(templates.bad, ['1', 'bad'])], clientRequest())
    expect(soft).toMatchObject({ data: { soft: null }, errors: [{ message: 'soft', path: ['soft'] }] })
    expect(bad).toMatchObject({
      rows: [
        { upc: '1', bad: 'good' },
        { upc: 'bad', bad: null },
      ],
      errors: [{ message: 'bad bad', path: [1, 'bad'] }],
    })
  })
})

describe('the fetches of one call', () => {
  const fetches = [
    products(templates.names, ['1', '2']),
    query(templates.greet, '"name":"Ann"'),
    products(templates.prices, ['2'], '"currency":"EUR"'),
    products(templates.prices, ['2', '3'], '"currency":"SEK"'),
    query(templates.greet, '"name":"Bo"'),
    products(templates.names, ['3', '2']),
    query(templates.greet, '"name":"Ann"'),
  ]
  const expected = [
    { rows: [{ name: 'name of 1' }, { name: 'name of 2' }] },
    { data: { greet: 'hello Ann' } },
    { rows: [{ price: '2 in EUR' }] },
    { rows: [{ price: '2 in SEK' }, { price: '3 in SEK' }] },
    { data: { greet: 'hello Bo' } },
    { rows: [{ name: 'name of 3' }, { name: 'name of 2' }] },
    { data: { greet: 'hello Ann' } },
  ]

  test.each([true, false])('travel in one HTTP request (coalescing %s)', async coalesce => {
    const answers = await shop.runner({ fetch: { coalesce } })(fetches, clientRequest())
    expect(answers).toMatchObject(expected)
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('ask for each representation once, and for equal queries once', async () => {
    await shop.runner({ fetch: { shareInFlight: false } })(fetches, clientRequest())
    const { query: document = '', variables = {} } = shop.subgraph.received[0] ?? {}
    const lists = Object.values(variables).filter(Array.isArray)
    expect(lists.map(list => list.length).toSorted(ascending)).toEqual([1, 2, 3])
    expect(document.match(/greet\(/g)).toHaveLength(2)
    expect(shop.observed).toMatchObject([
      { fetches: 7, representations: 6, clientRequests: 1, outcome: 'ok' },
    ])
  })

  test('have one text, whatever their order', async () => {
    const run = shop.runner()
    await run(fetches, clientRequest())
    await run(fetches.toReversed(), clientRequest())
    const [first, second] = shop.subgraph.received
    expect(second?.query).toBe(first?.query)
  })

  test('that are public travel apart from those that are not, and in nobody’s name', async () => {
    const own = clientRequest({ subject: 'User_1', tenant: 't' })
    const [open, mine] = await shop.runner()(
      [products(templates.publicNames, ['1']), products(templates.owners, ['1'])],
      own,
    )
    expect(shop.subgraph.received).toHaveLength(2)
    expect(open).toMatchObject({ rows: [{ owner: 'null undefined' }] })
    expect(mine).toMatchObject({ rows: [{ owner: 'User_1 t' }] })
  })
})

describe('mutations', () => {
  test('travel alone, in order, one after the other', async () => {
    const release = shop.subgraph.hold()
    const answering = shop.runner()(
      [query(templates.count), query(templates.greet), query(templates.count)],
      clientRequest(),
    )
    await until(() => shop.subgraph.received.length === 2)
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(shop.subgraph.received).toHaveLength(2)
    release()
    const [first, greeting, second] = await answering
    expect(greeting).toMatchObject({ data: { greet: 'hello you' } })
    expect(Number(second?.data?.['count'])).toBe(Number(first?.data?.['count']) + 1)
    expect(shop.subgraph.received).toHaveLength(3)
  })

  test('are not sent any more once the deadline has passed', async () => {
    const release = shop.subgraph.hold()
    const request = clientRequest()
    const answering = shop.runner()([query(templates.count), query(templates.count)], request)
    await until(() => shop.subgraph.received.length === 1)
    request.abort()
    expect(codes(await answering)).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'])
    await until(() => shop.subgraph.received[0]?.isCut() === true)
    release()
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('that have not begun are not even begun then', async () => {
    let sent = 0
    const send = () => {
      sent += 1
      return new Promise<never>(() => {})
    }
    const request = clientRequest()
    const run = fetchRunner({ config: testConfig(), send })
    const answering = run([query(templates.count), query(templates.count)], request)
    request.abort()
    await answering
    expect(sent).toBe(1)
  })
})

describe('the deadline', () => {
  test('ends a call at once, and its HTTP request with it', async () => {
    const release = shop.subgraph.hold()
    const request = clientRequest()
    const answering = shop.runner()([query(templates.greet), products(templates.names, ['1'])], request)
    await until(() => shop.subgraph.received.length === 1)
    request.abort()
    const answers = await answering
    expect(codes(answers)).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'])
    expect(answers[0]?.failure?.message).toContain('5000 ms')
    await until(() => shop.subgraph.received[0]?.isCut() === true)
    release()
  })

  test('that has passed already lets nothing be sent', async () => {
    const request = clientRequest()
    request.abort()
    const late = clientRequest()
    const run = shop.runner()
    const before = run([query(templates.greet)], request)
    const meanwhile = run([query(templates.who)], late)
    late.abort()
    expect(codes(await before)).toEqual(['DEADLINE_EXCEEDED'])
    expect(codes(await meanwhile)).toEqual(['DEADLINE_EXCEEDED'])
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(shop.subgraph.received).toHaveLength(0)
  })

  test('is told to the subgraph', async () => {
    await shop.runner()([query(templates.greet)], clientRequest({ deadlineMs: 3000 }))
    const left = Number(shop.subgraph.received[0]?.headers['x-marquee-deadline-ms'])
    expect(left).toBeGreaterThan(2000)
    expect(left).toBeLessThanOrEqual(3000)
  })
})

describe('a call never rejects', () => {
  const fetches = [query(templates.greet), query(templates.count), products(templates.names, ['1'])]
  const bug = new Error('a bug')
  const throwBug = (): never => {
    throw bug
  }

  test.each([true, false])('when the sender throws (coalescing %s)', async coalesce => {
    const run = fetchRunner({ config: testConfig({ fetch: { coalesce } }), send: throwBug })
    const answers = await run(fetches, clientRequest())
    expect(codes(answers)).toEqual(fetches.map(() => 'INTERNAL_SERVER_ERROR'))
    expect(answers[0]?.failure?.cause).toBe(bug)
  })

  test('when the sender resolves with nonsense', async () => {
    const run = fetchRunner({ config: testConfig(), send: () => Promise.resolve(undefined as never) })
    expect(codes(await run(fetches, clientRequest()))).toEqual(fetches.map(() => 'INTERNAL_SERVER_ERROR'))
  })

  test('when a template cannot be combined', async () => {
    const broken = { ...templates.names, document: { kind: 'Document', definitions: [] } as never }
    const run = fetchRunner({ config: testConfig(), send: throwBug })
    const answers = await run([query(templates.greet), products(broken, ['1'])], clientRequest())
    expect(codes(answers)).toEqual(['INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR'])
  })

  test('when an answer cannot be handed out, or nobody can count it', async () => {
    const send = () => Promise.resolve({ data: { greet: 'x' } })
    const run = fetchRunner({ config: testConfig(), send, observe: throwBug })
    expect(await run([query(templates.greet)], clientRequest())).toMatchObject([{ data: { greet: 'x' } }])
    const trap = { get: throwBug } as ProxyHandler<Record<string, unknown>>
    const odd = fetchRunner({
      config: testConfig(),
      send: () => Promise.resolve({ data: new Proxy({}, trap) }),
    })
    expect(codes(await odd([products(templates.names, ['1'])], clientRequest()))).toEqual([
      'INTERNAL_SERVER_ERROR',
    ])
  })

  test('when a request of its context fails', async () => {
    const request = { ...clientRequest(), consistency: { token: throwBug, advance: throwBug } }
    expect(codes(await shop.runner()(fetches, request))).toEqual(fetches.map(() => 'INTERNAL_SERVER_ERROR'))
  })

  test('without fetches', async () => {
    expect(await shop.runner()([], clientRequest())).toEqual([])
  })
})
