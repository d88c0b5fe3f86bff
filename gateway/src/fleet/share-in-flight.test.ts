import { describe, expect, test } from '@jest/globals'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import type { FetchContext } from '../executor/executor.ts'
import type { Fetch } from './fetch.ts'
import { clientRequest, products, query, template, templates } from './testing/fetches.ts'
import { settled, until, withShop } from './testing/with-shop.ts'

const shop = withShop()

/** Asks for `second` while `first` is held back by the subgraph. @returns how many HTTP requests that made */
const requestsFor = async (
  first: readonly [Fetch, FetchContext],
  second: readonly [Fetch, FetchContext],
  settings: Parameters<typeof shop.runner>[0] = {},
): Promise<number> => {
  const run = shop.runner(settings)
  const release = shop.subgraph.hold()
  const early = run([first[0]], first[1])
  await until(() => shop.subgraph.received.length === 1)
  const late = run([second[0]], second[1])
  await new Promise(resolve => setTimeout(resolve, 20))
  release()
  const [[a], [b]] = await Promise.all([early, late])
  expect(a?.failure).toBeUndefined()
  expect(b?.failure).toBeUndefined()
  return shop.subgraph.received.length
}

const fetch = products(templates.prices, ['1', '2', '3'], '"currency":"EUR"')
const seen = (lsn: string): FetchContext => ({
  ...clientRequest(),
  consistency: consistencyLedger({ films: { timeline: 1, lsn } }),
})

describe('a fetch that is on its way already', () => {
  test('is not sent again: same rows, said to be shared', async () => {
    const run = shop.runner()
    const release = shop.subgraph.hold()
    const early = run([fetch], clientRequest())
    await until(() => shop.subgraph.received.length === 1)
    const late = run([{ ...fetch, representations: [...(fetch.representations ?? [])] }], clientRequest())
    release()
    const [[first], [second]] = await Promise.all([early, late])
    expect(second?.rows).toBe(first?.rows)
    expect([first?.sent?.shared, second?.sent?.shared]).toEqual([false, true])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('is found by an equal template of another plan', async () => {
    const twin = { ...fetch, template: template('entities', templates.prices.text) }
    expect(await requestsFor([fetch, clientRequest()], [twin, clientRequest()])).toBe(1)
  })

  test('is sent again once it is answered', async () => {
    const run = shop.runner()
    await run([fetch], clientRequest())
    await run([fetch], clientRequest())
    expect(shop.subgraph.received).toHaveLength(2)
  })

  test.each<[string, Fetch]>([
    ['representations', products(templates.prices, ['1', '4', '3'], '"currency":"EUR"')],
    ['their order', products(templates.prices, ['3', '2', '1'], '"currency":"EUR"')],
    ['variables', products(templates.prices, ['1', '2', '3'], '"currency":"SEK"')],
    ['subgraph', { ...fetch, template: template('entities', templates.prices.text, { subgraph: 'other' }) }],
    ['template', products(templates.names, ['1', '2', '3'], '"currency":"EUR"')],
  ])('is another with other %s', async (_what, other) => {
    expect(await requestsFor([fetch, clientRequest()], [other, clientRequest()])).toBe(2)
  })

  test('is told apart by the end of long variables too', async () => {
    const long = 'x'.repeat(500)
    const first = query(templates.greet, `"name":"${long}1"`)
    const second = query(templates.greet, `"name":"${long}2"`)
    expect(await requestsFor([first, clientRequest()], [second, clientRequest()])).toBe(2)
  })

  test.each([
    [{ subject: 'User_1' }, { subject: 'User_2' }],
    [{ subject: 'User_1' }, {}],
    [{ tenant: 'a' }, { tenant: 'b' }],
  ])('is another for another caller: %j, %j', async (one, other) => {
    expect(await requestsFor([fetch, clientRequest(one)], [fetch, clientRequest(other)])).toBe(2)
  })

  test('is the same for every caller when it is public', async () => {
    const open = products(templates.publicNames, ['1'])
    const callers = [clientRequest({ subject: 'User_1' }), clientRequest({ subject: 'User_2' })] as const
    expect(await requestsFor([open, callers[0]], [open, callers[1]])).toBe(1)
  })

  test('is another for who has seen more, or less', async () => {
    expect(await requestsFor([fetch, seen('0/1')], [fetch, seen('0/1')])).toBe(1)
    shop.subgraph.received.length = 0
    expect(await requestsFor([fetch, seen('0/1')], [fetch, seen('0/2')])).toBe(2)
    shop.subgraph.received.length = 0
    expect(await requestsFor([fetch, seen('0/1')], [fetch, clientRequest()])).toBe(2)
  })

  test('is another for who has much more time', async () => {
    const hasty = clientRequest({ deadlineMs: 1000 })
    expect(await requestsFor([fetch, hasty], [fetch, clientRequest({ deadlineMs: 9000 })])).toBe(2)
  })

  test('is sent again when sharing is switched off', async () => {
    const off = { fetch: { shareInFlight: false } }
    expect(await requestsFor([fetch, clientRequest()], [fetch, clientRequest()], off)).toBe(2)
  })

  test('is not joined by who asks after a mutation: it may be older', async () => {
    const run = shop.runner()
    const release = shop.subgraph.hold()
    const early = run([fetch], clientRequest())
    await until(() => shop.subgraph.received.length === 1)
    const mutation = run([query(templates.count)], clientRequest())
    await until(() => shop.subgraph.received.length === 2)
    release()
    const releaseLater = shop.subgraph.hold()
    await mutation
    const late = run([fetch], clientRequest())
    await until(() => shop.subgraph.received.length === 3)
    releaseLater()
    expect(await Promise.all([early, late])).toMatchObject([[{ errors: [] }], [{ errors: [] }]])
  })

  test('mutations are never shared', async () => {
    const mutation = query(templates.count)
    expect(await requestsFor([mutation, clientRequest()], [mutation, clientRequest()])).toBe(2)
  })

  test('goes on for who has joined when the first one leaves', async () => {
    const run = shop.runner()
    const release = shop.subgraph.hold()
    const leaving = clientRequest()
    const early = run([fetch], leaving)
    await until(() => shop.subgraph.received.length === 1)
    const late = run([fetch], clientRequest())
    leaving.abort()
    expect((await early)[0]?.failure?.code).toBe('DEADLINE_EXCEEDED')
    expect(await settled(late)).toBe('waiting')
    release()
    expect(await late).toMatchObject([{ rows: [{ price: '1 in EUR' }, {}, {}] }])
    expect(shop.subgraph.received).toHaveLength(1)
  })

  test('fails for all alike', async () => {
    const run = shop.runner()
    shop.subgraph.breakWith((_received, response) => {
      response.destroy()
      return true
    })
    const answers = await Promise.all([run([fetch], clientRequest()), run([fetch], clientRequest())])
    expect(answers.map(([answer]) => answer?.failure?.code)).toEqual([
      'SUBGRAPH_UNAVAILABLE',
      'SUBGRAPH_UNAVAILABLE',
    ])
    expect(shop.subgraph.received).toHaveLength(1)
  })
})
