import { describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { current, old, withFilmGateway } from '../testing/with-film-gateway.ts'

const { all, federation, gateway, inParts } = withFilmGateway()

const whole = async (query: string, variables = {}) => (await ask(gateway().url, { query, variables })).body

describe('what is deferred follows when it is there', () => {
  const query = '{ film(id: 1) { title ... @defer(label: "slow") { score } } }'

  test('as Apollo Client 3 reads it', async () => {
    const open = federation().hold('score')
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
    const open = federation().hold('score')
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
    const response = await fetch(`${gateway().url}?query=${encodeURIComponent(query)}`, {
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
    const openScore = federation().hold('score')
    const openNick = federation().hold('nick')
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
      const open = federation().hold('reviews')
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
    const open = federation().hold('nick')
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
    const without = await startTestGateway(federation().supergraphFile, { defer: false })
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
