import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { askInParts } from '../testing/ask-in-parts.ts'
import { startFilmFederation, type FilmFederation } from '../testing/film-federation.ts'
import { startTestGateway } from '../testing/test-gateway.ts'

const old = 'multipart/mixed;deferSpec=20220824, application/json'
const current = 'multipart/mixed;incrementalSpec=v0.2, application/json'

let federation: FilmFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
beforeAll(async () => {
  federation = await startFilmFederation()
  gateway = await startTestGateway(federation.supergraphFile)
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
})

const inParts = (accept: string, query: string, variables = {}) =>
  askInParts(gateway.url, accept, query, variables)

const all = async (accept: string, query: string, variables = {}) =>
  (await inParts(accept, query, variables)).rest()

const whole = async (query: string, variables = {}) => (await ask(gateway.url, { query, variables })).body

describe('what is deferred follows when it is there', () => {
  const query = '{ film(id: 1) { title ... @defer(label: "slow") { score } } }'

  test('as Apollo Client 3 reads it', async () => {
    const open = federation.hold('score')
    const reply = await inParts(old, query)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824')
    expect(await reply.next()).toEqual({ data: { film: { title: 'Solaris' } }, hasNext: true })
    open()
    expect(await reply.rest()).toEqual([
      { incremental: [{ path: ['film'], label: 'slow', data: { score: 10 } }], hasNext: false },
    ])
  })

  test.each([
    [current, 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'],
    ['multipart/mixed', 'multipart/mixed; boundary="-"'],
    ['application/json, multipart/mixed', 'multipart/mixed; boundary="-"'],
  ])('as the spec proposes now: %s', async (accept, contentType) => {
    const open = federation.hold('score')
    const reply = await inParts(accept, query)
    expect(reply.headers.get('content-type')).toBe(contentType)
    expect(await reply.next()).toEqual({
      data: { film: { title: 'Solaris' } },
      pending: [{ id: '0', path: ['film'], label: 'slow' }],
      hasNext: true,
    })
    open()
    expect(await reply.rest()).toEqual([
      { incremental: [{ id: '0', data: { score: 10 } }], completed: [{ id: '0' }], hasNext: false },
    ])
  })

  test('to the letter', async () => {
    const response = await fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, {
      headers: { accept: old, 'content-type': 'application/json' },
    })
    expect(await response.text()).toBe(
      '\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n' +
        '{"data":{"film":{"title":"Solaris"}},"hasNext":true}' +
        '\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n' +
        '{"incremental":[{"path":["film"],"label":"slow","data":{"score":10}}],"hasNext":false}' +
        '\r\n-----\r\n',
    )
  })

  test('each by itself, in the order in which they come', async () => {
    const openScore = federation.hold('score')
    const openNick = federation.hold('nick')
    const reply = await inParts(
      old,
      '{ film(id: 1) { ... @defer(label: "a") { score } director { ... @defer(label: "b") { nick } name } } }',
    )
    expect(await reply.next()).toEqual({
      data: { film: { director: { name: 'Director 1' } } },
      hasNext: true,
    })
    openNick()
    expect(await reply.next()).toEqual({
      incremental: [{ path: ['film', 'director'], label: 'b', data: { nick: 'nick p1' } }],
      hasNext: true,
    })
    openScore()
    expect(await reply.rest()).toEqual([
      { incremental: [{ path: ['film'], label: 'a', data: { score: 10 } }], hasNext: false },
    ])
  })

  test('what is first does not travel with what is deferred to the same subgraph', async () => {
    const text = '{ film(id: 1) { title score ... @defer { reviews { stars } } } }'
    // Fetches travel together from their second time on.
    for (let time = 0; time < 3; time += 1) {
      const open = federation.hold('reviews')
      const reply = await inParts(old, text)
      expect(await reply.next()).toEqual({ data: { film: { title: 'Solaris', score: 10 } }, hasNext: true })
      open()
      expect(await reply.rest()).toHaveLength(1)
    }
  })

  test('at the root, with nothing before it', async () => {
    expect(await all(old, '{ ... @defer { latest { stars } } }')).toEqual([
      { data: {}, hasNext: true },
      { incremental: [{ path: [], data: { latest: { stars: 1 } } }], hasNext: false },
    ])
  })
})

describe('fragments', () => {
  const nested = `query ($on: Boolean!) { film(id: 1) { title ...Reviews @defer(label: "out", if: $on) } }
    fragment Reviews on Film { reviews { stars author { id ... @defer(label: "in") { nick } } } }`

  test('within others follow those', async () => {
    const open = federation.hold('nick')
    const reply = await inParts(current, nested, { on: true })
    const first = await reply.next()
    expect(first).toMatchObject({ data: { film: { title: 'Solaris' } }, pending: [{ label: 'out' }] })
    expect(await reply.next()).toEqual({
      pending: [
        { id: '1', path: ['film', 'reviews', 0, 'author'], label: 'in' },
        { id: '2', path: ['film', 'reviews', 1, 'author'], label: 'in' },
      ],
      incremental: [
        {
          id: '0',
          data: {
            reviews: [
              { stars: 1, author: { id: 'a11' } },
              { stars: 2, author: { id: 'a21' } },
            ],
          },
        },
      ],
      completed: [{ id: '0' }],
      hasNext: true,
    })
    open()
    expect(await reply.rest()).toEqual([
      {
        incremental: [
          { id: '1', data: { nick: 'nick a11' } },
          { id: '2', data: { nick: 'nick a21' } },
        ],
        completed: [{ id: '1' }, { id: '2' }],
        hasNext: false,
      },
    ])
  })

  test('switched off by a variable are part of what they are in', async () => {
    const [first, ...rest] = await all(old, nested, { on: false })
    expect(first).toMatchObject({
      data: { film: { title: 'Solaris', reviews: [{ stars: 1 }, { stars: 2 }] } },
    })
    expect(rest).toMatchObject([{ incremental: [{ label: 'in' }, { label: 'in' }] }])
  })

  test('of objects of another type have nothing to follow', async () => {
    expect(
      await all(old, '{ search { __typename ... on Film @defer { score } ... on Cinema @defer { city } } }'),
    ).toEqual([
      { data: { search: [{ __typename: 'Film' }, { __typename: 'Cinema' }] }, hasNext: true },
      { incremental: [{ path: ['search', 1], data: { city: 'Riga' } }], hasNext: true },
      { incremental: [{ path: ['search', 0], data: { score: 10 } }], hasNext: false },
    ])
  })

  test('in lists follow for each element that is there', async () => {
    const [first, ...rest] = await all(old, '{ films { t: title ... @defer { s: score } } }')
    expect(first).toEqual({
      data: { films: [{ t: 'Solaris' }, { t: 'Stalker' }, null, { t: 'Mirror' }] },
      hasNext: true,
    })
    expect(rest).toMatchObject([
      {
        incremental: [
          { path: ['films', 0], data: { s: 10 } },
          { path: ['films', 1], data: { s: 20 } },
          { path: ['films', 3], data: { s: null }, errors: [{ path: ['films', 3, 's'] }] },
        ],
        hasNext: false,
      },
    ])
  })

  test('that select what was sent already: whole in the older format, only the rest in the newer one', async () => {
    const query =
      '{ film(id: 1) { title director { name } ... @defer { title score director { name nick } } } }'
    expect((await all(old, query)).at(-1)).toEqual({
      incremental: [
        {
          path: ['film'],
          data: { title: 'Solaris', score: 10, director: { name: 'Director 1', nick: 'nick p1' } },
        },
      ],
      hasNext: false,
    })
    expect((await all(current, query)).at(-1)).toEqual({
      incremental: [
        { id: '0', data: { score: 10 } },
        { id: '0', subPath: ['director'], data: { nick: 'nick p1' } },
      ],
      completed: [{ id: '0' }],
      hasNext: false,
    })
  })
})

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
    federation.reviews.breakWith(response => response.destroy())
    const [, last] = await all(old, '{ film(id: 1) { title ... @defer { score } } }')
    federation.reviews.breakWith(undefined)
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
    gateway.lines.length = 0
    await all(old, '{ film(id: 3) { title ... @defer { score } } }')
    await sleep(20)
    expect(gateway.lines).toMatchObject([
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
      const reply = await ask(gateway.url, { query }, accept === undefined ? {} : { accept })
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
    const { headers, body } = await ask(gateway.url, { query: text }, { accept: old })
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(body).toEqual({ data: expected })
  })

  test('is the only part for a client that takes parts only', async () => {
    const reply = await inParts('multipart/mixed', '{ film(id: 1) { title } }')
    expect(reply.headers.get('content-type')).toBe('multipart/mixed; boundary="-"')
    expect(await reply.rest()).toEqual([{ data: { film: { title: 'Solaris' } }, hasNext: false }])
  })

  test('is JSON where the request is refused', async () => {
    const { status, body } = await ask(gateway.url, { query: '{ nothing }' }, { accept: 'multipart/mixed' })
    expect(status).toBe(200)
    expect(body.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED')
  })
})

describe('who leaves, and what takes too long', () => {
  const query = '{ film(id: 1) { title ... @defer { score } } }'

  test('what nobody waits for is not fetched to the end', async () => {
    const { promise: cut, resolve } = Promise.withResolvers<void>()
    federation.reviews.breakWith(response => response.once('close', () => resolve()))
    const reply = await inParts(old, query)
    await reply.next()
    reply.leave()
    await cut
    federation.reviews.breakWith(undefined)
  })

  test('the deadline is for all parts, and the answer ends well', async () => {
    const hasty = await startTestGateway(federation.supergraphFile, { deadlineMs: 400 })
    federation.reviews.breakWith(() => {})
    const parts = await (await askInParts(hasty.url, current, query)).rest()
    federation.reviews.breakWith(undefined)
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
    const leaving = await startTestGateway(federation.supergraphFile)
    const open = federation.hold('score')
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

describe('the directive', () => {
  const shown =
    '{ __schema { directives { name locations args { name defaultValue type { kind ofType { name } name } } } } }'

  test('is in the schema', async () => {
    const { data } = await whole(shown)
    const { directives } = (data as { __schema: { directives: { name: string }[] } }).__schema
    expect(directives.find(({ name }) => name === 'defer')).toEqual({
      name: 'defer',
      locations: ['FRAGMENT_SPREAD', 'INLINE_FRAGMENT'],
      args: [
        {
          name: 'if',
          defaultValue: 'true',
          type: { kind: 'NON_NULL', name: null, ofType: { name: 'Boolean' } },
        },
        { name: 'label', defaultValue: null, type: { kind: 'SCALAR', name: 'String', ofType: null } },
      ],
    })
  })

  test.each([
    [
      '{ film(id: 1) { ... @defer(label: "a") { id } ... @defer(label: "a") { title } } }',
      /"a" .* given twice/,
    ],
    ['query ($l: String) { film(id: 1) { ... @defer(label: $l) { id } } }', /static string/],
    ['mutation { ... @defer { rename(id: 1) { id } } }', /root of a mutation/],
    ['{ film(id: 1) { title @defer } }', /may not be used on FIELD/],
  ])('is refused where it cannot stand: %s', async (query, message) => {
    const { errors } = await whole(query)
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(errors?.[0]?.message).toMatch(message)
  })

  test('is unknown where it is switched off', async () => {
    const without = await startTestGateway(federation.supergraphFile, { defer: false })
    const refused = await ask(
      without.url,
      { query: '{ film(id: 1) { ... @defer { id } } }' },
      { accept: old },
    )
    const { body } = await ask(without.url, { query: shown })
    const { status } = await ask(
      without.url,
      { query: '{ film(id: 1) { id } }' },
      { accept: 'multipart/mixed' },
    )
    await without.drain()
    expect(refused.body.errors?.[0]?.message).toMatch(/Unknown directive "@defer"/)
    expect(JSON.stringify(body)).not.toContain('"defer"')
    expect(status).toBe(406)
  })
})
