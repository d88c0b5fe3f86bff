import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { askInParts } from '../testing/ask-in-parts.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { current, old, withFilmGateway } from '../testing/with-film-gateway.ts'

const { all, federation, gateway, inParts } = withFilmGateway()

describe('errors', () => {
  const failing = { path: ['film', 'score'], extensions: { code: 'NO_SCORE', service: 'reviews' } }
  const fatal = { path: ['film', 'rank'], extensions: { code: 'NO_RANK', service: 'reviews' } }

  test('stand with the part that they are in', async () => {
    const query = '{ film(id: 3) { title ... @defer { score } } }'
    expect((await all(old, query)).at(-1)).toMatchObject({
      incremental: [{ path: ['film'], data: { score: null }, errors: [failing] }],
    })
    expect((await all(current, query)).at(-1)).toMatchObject({
      incremental: [{ id: '0', data: { score: null }, errors: [failing] }],
      completed: [{ id: '0' }],
    })
  })

  test('make the part null, and not what it is in, where a null may not be', async () => {
    const query = '{ film(id: 2) { title ... @defer { score rank sequel { ... @defer { title } } } } }'
    const [first, ...rest] = await all(old, query)
    expect(first).toEqual({ data: { film: { title: 'Stalker' } }, hasNext: true })
    expect(rest).toMatchObject([
      { incremental: [{ path: ['film'], data: null, errors: [fatal] }], hasNext: false },
    ])
    expect((await all(current, query)).slice(1)).toMatchObject([
      { completed: [{ id: '0', errors: [fatal] }], hasNext: false },
    ])
  })

  test('of a subgraph that is down', async () => {
    federation().reviews.breakWith(response => response.destroy())
    const [, last] = await all(old, '{ film(id: 1) { title ... @defer { score } } }')
    federation().reviews.breakWith(undefined)
    expect(last).toMatchObject({
      incremental: [
        {
          data: { score: null },
          errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'reviews' } }],
        },
      ],
      hasNext: false,
    })
  })

  test('of the first answer leave nothing to follow below a null', async () => {
    const query = '{ film(id: 1) { title failing { ... @defer { title } } ... @defer { score } } }'
    const parts = await all(current, query)
    expect(parts).toMatchObject([
      {
        data: { film: { failing: null } },
        errors: [{ extensions: { code: 'NO_FILM' } }],
        pending: [{ path: ['film'] }],
      },
      { completed: [{ id: '0' }], hasNext: false },
    ])
  })

  test('of what is fetched early and sent later come with it', async () => {
    const query = '{ search { __typename ... on Cinema @defer { phone } } }'
    const errors = [{ path: ['search', 1, 'phone'], extensions: { code: 'NO_PHONE', service: 'films' } }]
    expect(await all(old, query)).toMatchObject([
      { data: { search: [{ __typename: 'Film' }, { __typename: 'Cinema' }] }, hasNext: true },
      { incremental: [{ path: ['search', 1], data: { phone: null }, errors }], hasNext: false },
    ])
    expect((await all(current, query))[0]).not.toHaveProperty('errors')
  })

  test('that went up to an object leave nothing to follow of it, though it was fetched', async () => {
    const parts = await all(old, '{ films { title rank ... @defer { score } } }')
    expect(parts).toMatchObject([
      { data: { films: [{ rank: 1 }, null, null, { rank: 3 }] }, errors: [{ path: ['films', 1, 'rank'] }] },
      { incremental: [{ path: ['films', 0] }, { path: ['films', 3] }], hasNext: false },
    ])
  })

  test('of later parts are logged and counted', async () => {
    gateway().lines.length = 0
    await all(old, '{ film(id: 3) { title ... @defer { score } } }')
    await sleep(20)
    expect(gateway().lines).toMatchObject([
      { msg: 'request failed', errors: [{ code: 'NO_SCORE', path: 'film.score' }] },
    ])
  })
})

describe('an answer as a whole', () => {
  const query = '{ film(id: 1) { title ... @defer { score } } }'
  const data = { film: { title: 'Solaris', score: 10 } }

  test.each([['application/json'], ['*/*'], ['application/json, multipart/mixed;q=0.5'], [undefined]])(
    'is given to a client that takes no parts, or rather none: %s',
    async accept => {
      const reply = await ask(gateway().url, { query }, accept === undefined ? {} : { accept })
      expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(reply.body).toEqual({ data })
    },
  )

  test.each([
    ['{ film(id: 1) { title ... @defer(if: false) { score } } }', data],
    ['{ film(id: 9) { title ... @defer { score } } }', { film: null }],
    ['{ film(id: 1) { title score } }', data],
    ['mutation { rename(id: 1) { title ... @defer { score } } }', { rename: data.film }],
  ])('is given where nothing follows: %s', async (text, expected) => {
    const { headers, body } = await ask(gateway().url, { query: text }, { accept: old })
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(body).toEqual({ data: expected })
  })

  test('is the only part for a client that takes parts only', async () => {
    const reply = await inParts('multipart/mixed', '{ film(id: 1) { title } }')
    expect(reply.headers.get('content-type')).toBe('multipart/mixed; boundary="-"')
    expect(await reply.rest()).toEqual([{ data: { film: { title: 'Solaris' } }, hasNext: false }])
  })

  test('is JSON where the request is refused', async () => {
    const { status, body } = await ask(gateway().url, { query: '{ nothing }' }, { accept: 'multipart/mixed' })
    expect(status).toBe(200)
    expect(body.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED')
  })
})

describe('who leaves, and what takes too long', () => {
  const query = '{ film(id: 1) { title ... @defer { score } } }'

  test('what nobody waits for is not fetched to the end', async () => {
    const { promise: cut, resolve } = Promise.withResolvers<void>()
    federation().reviews.breakWith(response => response.once('close', () => resolve()))
    const reply = await inParts(old, query)
    await reply.next()
    reply.leave()
    await cut
    federation().reviews.breakWith(undefined)
  })

  test('the deadline is for all parts, and the answer ends well', async () => {
    const hasty = await startTestGateway(federation().supergraphFile, { deadlineMs: 400 })
    federation().reviews.breakWith(() => {})
    const parts = await (await askInParts(hasty.url, current, query)).rest()
    federation().reviews.breakWith(undefined)
    await hasty.drain()
    expect(parts).toMatchObject([
      { data: { film: { title: 'Solaris' } } },
      {
        incremental: [{ data: { score: null }, errors: [{ extensions: { code: 'DEADLINE_EXCEEDED' } }] }],
        completed: [{ id: '0' }],
        hasNext: false,
      },
    ])
  })

  test('a gateway that stops finishes what it has begun', async () => {
    const leaving = await startTestGateway(federation().supergraphFile)
    const open = federation().hold('score')
    const reply = await askInParts(leaving.url, old, query)
    await reply.next()
    const started = performance.now()
    const drained = leaving.drain()
    await sleep(50)
    open()
    expect(await reply.rest()).toMatchObject([{ incremental: [{ data: { score: 10 } }], hasNext: false }])
    await drained
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
