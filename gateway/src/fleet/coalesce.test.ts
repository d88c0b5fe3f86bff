import { describe, expect, test } from '@jest/globals'
import { encodeConsistencyToken, headers } from '@marquee/contract'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import { clientRequest, products, query, templates } from './testing/fetches.ts'
import { settled, until, withShop } from './testing/with-shop.ts'

const shop = withShop()

describe('calls of different client requests', () => {
  test('of one caller travel as one HTTP request, each with its own answer', async () => {
    const run = shop.runner()
    const ask = () =>
      Promise.all([
        run([products(templates.owners, ['1', '2'])], clientRequest({ subject: 'User_1' })),
        run([products(templates.owners, ['2', '3'])], clientRequest({ subject: 'User_1' })),
        run([query(templates.greet, '"name":"Ann"')], clientRequest({ subject: 'User_1' })),
      ])
    const first = await ask()
    // Strangers only from their second meeting on: by then it is worth an operation of their own.
    expect(shop.observed).toMatchObject([
      { fetches: 2, representations: 3, clientRequests: 2 },
      { fetches: 1 },
    ])
    shop.observed.length = 0
    const second = await ask()
    expect(shop.observed).toMatchObject([{ fetches: 3, representations: 3, clientRequests: 3 }])
    expect(second).toMatchObject([
      [{ rows: [{ upc: '1' }, { upc: '2', owner: 'User_1 undefined' }], sent: { coalescedWith: 2 } }],
      [{ rows: [{ upc: '2' }, { upc: '3' }] }],
      [{ data: { greet: 'hello Ann' } }],
    ])
    const essence = (answers: typeof first): unknown =>
      answers.map(([{ sent: _sent, ...rest } = { errors: [] }]) => rest)
    expect(essence(first)).toEqual(essence(second))
  })

  test('for the same operation travel together at once: it has its text already', async () => {
    const run = shop.runner()
    const ask = (upc: string) =>
      run([products(templates.owners, [upc]), products(templates.names, [upc])], clientRequest())
    await ask('1')
    await Promise.all([ask('2'), ask('3'), ask('4')])
    const [alone, together] = shop.subgraph.received
    expect(shop.subgraph.received).toHaveLength(2)
    expect(together?.query).toBe(alone?.query)
  })

  test('name the client requests in a header', async () => {
    const run = shop.runner()
    const requests = Array.from({ length: 25 }, () => clientRequest())
    await Promise.all(requests.map((request, at) => run([products(templates.names, [String(at)])], request)))
    const [received] = shop.subgraph.received
    const ids = requests.map(({ requestId }) => requestId)
    expect(shop.subgraph.received).toHaveLength(1)
    expect(received?.headers[headers.requestId]).toBe(ids[0])
    expect(received?.headers[headers.coalesced]).toBe(ids.slice(0, 20).join(','))
  })

  test('of different callers do not', async () => {
    const run = shop.runner()
    const callers = [
      { subject: 'User_1' },
      { subject: 'User_2' },
      { subject: 'User_1', tenant: 'a' },
      { subject: 'User_1', tenant: 'b' },
      {},
    ]
    const answers = await Promise.all(
      callers.map(caller => run([query(templates.who)], clientRequest(caller))),
    )
    expect(answers.map(([answer]) => answer?.data)).toEqual([
      { who: 'User_1 undefined' },
      { who: 'User_2 undefined' },
      { who: 'User_1 a' },
      { who: 'User_1 b' },
      { who: 'null undefined' },
    ])
    expect(shop.subgraph.received).toHaveLength(5)
  })

  test('do when what they ask is public', async () => {
    const run = shop.runner()
    const answers = await Promise.all([
      run([products(templates.publicNames, ['1'])], clientRequest({ subject: 'User_1', tenant: 'a' })),
      run([products(templates.publicNames, ['2'])], clientRequest({ subject: 'User_2', tenant: 'b' })),
    ])
    expect(answers).toMatchObject([
      [{ rows: [{ name: 'name of 1', owner: 'null undefined' }] }],
      [{ rows: [{ name: 'name of 2', owner: 'null undefined' }] }],
    ])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('do when the subgraph is public', async () => {
    const run = shop.runner({ subgraphs: { shop: { public: true } } })
    const answers = await Promise.all([
      run([query(templates.who)], clientRequest({ subject: 'User_1' })),
      run([query(templates.who)], clientRequest({ subject: 'User_2' })),
    ])
    expect(answers).toMatchObject([
      [{ data: { who: 'null undefined' } }],
      [{ data: { who: 'null undefined' } }],
    ])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test.each([{ fetch: { coalesce: false } }, { subgraphs: { shop: { coalesce: false } } }])(
    'do not, and are sent at once, when it is switched off: %j',
    async settings => {
      const run = shop.runner(settings)
      await Promise.all([
        run([products(templates.names, ['1'])], clientRequest()),
        run([products(templates.names, ['2'])], clientRequest()),
      ])
      expect(shop.subgraph.received).toHaveLength(2)
    },
  )

  test('are cut between client requests at about the bound', async () => {
    const run = shop.runner({ fetch: { maxCoalesced: 10 } })
    const of = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, at) => `${prefix}${at}`)
    await run([products(templates.names, ['1']), products(templates.owners, ['1'])], clientRequest())
    shop.observed.length = 0
    await Promise.all(
      [4, 4, 4, 15, 2, 2].map((count, at) => {
        const half = Math.floor(count / 2)
        const fetches = [
          products(templates.names, of(`n${at}-`, half)),
          products(templates.owners, of(`o${at}-`, count - half)),
        ]
        return run(fetches, clientRequest())
      }),
    )
    const sizes = shop.observed.map(
      ({ representations, clientRequests }) => `${representations} of ${clientRequests}`,
    )
    expect(new Set(sizes)).toEqual(new Set(['8 of 2', '4 of 1', '15 of 1', '4 of 2']))
    expect(sizes).toHaveLength(4)
  })
})

describe('what callers have seen', () => {
  const at = (lsn: string): { timeline: number; lsn: string } => ({ timeline: 1, lsn })

  test('travels together: the latest of each database, and the answer advances all', async () => {
    const seen = [
      { films: at('0/10'), people: at('0/9') },
      { films: at('0/FF'), people: at('0/1') },
    ]
    const requests = seen.map(token => ({ ...clientRequest(), consistency: consistencyLedger(token) }))
    const answered = encodeConsistencyToken({ films: at('0/100'), people: at('0/2') })
    shop.subgraph.breakWith((received, response) => {
      response.setHeader(headers.consistency, answered)
      return received === undefined
    })
    const run = shop.runner()
    await Promise.all(
      requests.map((request, index) => run([products(templates.names, [String(index)])], request)),
    )
    const [received] = shop.subgraph.received
    expect(shop.subgraph.received).toHaveLength(1)
    expect(received?.headers[headers.consistency]).toBe(
      encodeConsistencyToken({ films: at('0/FF'), people: at('0/9') }),
    )
    expect(requests.map(({ consistency }) => consistency.token())).toEqual([
      { films: at('0/100'), people: at('0/9') },
      { films: at('0/100'), people: at('0/2') },
    ])
  })
})

describe('one that leaves', () => {
  test('is answered at once, and the others go on', async () => {
    const release = shop.subgraph.hold()
    const run = shop.runner()
    const leaving = clientRequest()
    const left = run([products(templates.names, ['1'])], leaving)
    const staying = run([products(templates.names, ['2'])], clientRequest({ deadlineMs: 9000 }))
    await until(() => shop.subgraph.received.length === 1)
    expect(Number(shop.subgraph.received[0]?.headers[headers.deadlineMs])).toBeGreaterThan(8000)
    leaving.abort()
    expect((await left)[0]?.failure?.code).toBe('DEADLINE_EXCEEDED')
    expect(await settled(staying)).toBe('waiting')
    expect(shop.subgraph.received[0]?.isCut()).toBe(false)
    release()
    expect(await staying).toMatchObject([{ rows: [{ name: 'name of 2' }] }])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('is the last one: the HTTP request is cut', async () => {
    const release = shop.subgraph.hold()
    const run = shop.runner()
    const requests = [clientRequest(), clientRequest()]
    const answering = requests.map((request, at) => run([products(templates.names, [String(at)])], request))
    await until(() => shop.subgraph.received.length === 1)
    for (const request of requests) request.abort()
    await Promise.all(answering)
    await until(() => shop.subgraph.received[0]?.isCut() === true)
    release()
  })
})
