import { encodeId } from '@marquee/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { countingDatabase, filmSubgraph } from './testing/film-subgraph.ts'
import { person, serveTestSubgraph } from './testing/serve-test-subgraph.ts'

const { database, statements, state } = countingDatabase()
const traces = { aborted: [], loaders: 0 }
let films: Awaited<ReturnType<typeof serveTestSubgraph>>

beforeAll(async () => {
  films = await serveTestSubgraph(filmSubgraph(database, traces), { logLevel: 'debug' })
})
afterAll(() => films.drain())
beforeEach(() => {
  statements.splice(0)
  films.lines.splice(0)
})

const entities = (representations: readonly unknown[]) =>
  films.ask(
    'query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Film { id title } ... on Shop { id name } } }',
    { of: representations },
  )
const film = (id: string) => ({ __typename: 'Film', id })
const uuid = '0198c0de-0000-7000-8000-000000000001'

describe('a request', () => {
  test('knows who asks', async () => {
    const me = person(encodeId('User', uuid), ['moderate'])
    const { data } = await films.ask('{ whoAmI mySubject }', {}, me)
    expect(JSON.parse(String(data?.['whoAmI']))).toEqual(me)
    expect(data?.['mySubject']).toBe(uuid)
  })

  test('has an EntityManager and loaders of its own', async () => {
    const [forks, loaders] = [state.forks, traces.loaders]
    const answers = await Promise.all([1, 2, 3].map(() => films.ask('{ forkNumber again: forkNumber }')))
    const numbers = answers.map(({ data }) => data?.['forkNumber'])
    expect(new Set(numbers).size).toBe(3)
    expect(answers.every(({ data }) => data?.['again'] === data?.['forkNumber'])).toBe(true)
    expect([state.forks - forks, traces.loaders - loaders]).toEqual([3, 3])
  })

  test('keeps the id that the gateway gave, in answer and log', async () => {
    const body = JSON.stringify({ query: '{ whoAmI }' })
    const { headers } = await films.send(body, { 'x-request-id': 'abc-123' })
    expect(headers.get('x-request-id')).toBe('abc-123')
    expect(await films.requestLines(1)).toMatchObject([{ level: 'debug', requestId: 'abc-123', status: 200 }])
  })

  test('gets a new id in place of one that is not safe to log', async () => {
    const body = JSON.stringify({ query: '{ whoAmI }' })
    const { headers } = await films.send(body, { 'x-request-id': 'a b{}"' })
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })
})

describe('_entities', () => {
  test('asks the database once for 500 representations, duplicates and types mixed', async () => {
    const ids = Array.from({ length: 499 }, (_, index) => `f${index}`)
    const { data } = await entities([...ids.map(film), film('f7'), { __typename: 'Shop', id: 's1' }])
    expect(statements).toEqual([ids])
    const found = data?.['_entities'] as { id: string; title: string }[]
    expect(found.slice(0, 500).map(({ title }) => title)).toEqual([...ids, 'f7'].map(id => `Film ${id}`))
    expect(found[500]).toMatchObject({ __typename: 'Shop', id: 's1' })
  })

  test('shares the loaders with the rest of the operation', async () => {
    await films.ask(
      'query ($of: [_Any!]!) { film(id: "f1") { title } _entities(representations: $of) { ... on Film { title } } }',
      { of: [film('f1'), film('f2')] },
    )
    expect(statements).toEqual([['f1', 'f2']])
  })

  test('a reference that fails nulls its own entity and nothing else', async () => {
    const { data, errors } = await entities(['f1', 'throws', 'none', 'coded', 'rejects', 'f2'].map(film))
    expect(data?.['_entities']).toEqual([
      { __typename: 'Film', id: 'f1', title: 'Film f1' },
      null,
      null,
      null,
      null,
      { __typename: 'Film', id: 'f2', title: 'Film f2' },
    ])
    expect(errors).toMatchObject([
      { path: ['_entities', 1], extensions: { code: 'INTERNAL_SERVER_ERROR', id: expect.any(String) } },
      {
        path: ['_entities', 3],
        extensions: { code: 'INVALID_ID' },
        message: '"coded" is not the id of a Film.',
      },
      { path: ['_entities', 4], extensions: { code: 'INTERNAL_SERVER_ERROR', id: expect.any(String) } },
    ])
    expect(JSON.stringify(errors)).not.toContain('secret')
    expect(statements).toEqual([['f1', 'none', 'f2']])
  })

  test.each([
    ['a type that is none', { __typename: 'Nobody', id: '1' }],
    ['a type that is no entity', { __typename: 'Query' }],
    ['no type', { id: '1' }],
    ['a type of another kind', { __typename: 7 }],
    ['no object', 5],
  ])('a representation of %s is an error of its own', async (_name, representation) => {
    const { data, errors } = await entities([film('f1'), representation])
    expect(data?.['_entities']).toMatchObject([{ id: 'f1' }, null])
    expect(errors).toMatchObject([{ path: ['_entities', 1], extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('resolves an interface entity through the interface', async () => {
    const { data, errors } = await entities([{ __typename: 'Place', id: 'p1' }])
    expect(errors).toBeUndefined()
    expect(data?.['_entities']).toEqual([{ __typename: 'Shop', id: 'p1', name: 'Odeon' }])
  })
})

describe('errors', () => {
  test('ours are masked: the caller gets an id, the log has the same id and the stack', async () => {
    const { status, data, errors } = await films.ask('{ secretive whoAmI }')
    expect([status, data?.['secretive']]).toEqual([200, null])
    expect(JSON.stringify(errors)).not.toMatch(/hunter2|stack|\.ts/)
    const lines = await films.requestLines(1)
    expect(lines).toMatchObject([{ level: 'error', codes: ['INTERNAL_SERVER_ERROR'] }])
    const [logged] = (lines[0]?.['errors'] ?? []) as {
      id: string
      path: string
      err: { message: string; stack: string }
    }[]
    expect(logged).toMatchObject({ id: errors?.[0]?.extensions.id, path: 'secretive' })
    expect(logged?.err.message).toBe('password=hunter2')
    expect(logged?.err.stack).toContain('film-subgraph.ts')
  })

  test('one error that shows twice has one id and is logged once', async () => {
    const { errors } = await films.ask('{ twiceSecretive }')
    const ids = errors?.map(({ extensions }) => extensions.id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    expect((await films.requestLines(1))[0]?.['errors']).toHaveLength(1)
  })

  test.each([
    ['coded', 'REVIEW_EXISTS', 'You have reviewed this movie already.'],
    ['codedByGraphql', 'FORBIDDEN', 'Say please.'],
    ['mySubject', 'UNAUTHENTICATED', 'This needs a signed-in user.'],
  ])('catalogued ones pass with code and mend: %s', async (field, code, message) => {
    const { errors } = await films.ask(`{ ${field} }`)
    expect(errors).toEqual([
      {
        message,
        path: [field],
        locations: expect.any(Array),
        extensions: { code, mend: expect.any(String) },
      },
    ])
    expect(await films.requestLines(1)).toMatchObject([{ level: 'debug', codes: [code] }])
  })

  test.each(['codedByStranger', 'codedInternal', 'badDate'])(
    'masked whatever it pretends: %s',
    async field => {
      const { errors } = await films.ask(`{ ${field} }`)
      expect(errors).toMatchObject([
        { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ])
      expect(await films.requestLines(1)).toMatchObject([{ level: 'error' }])
    },
  )

  test('the cause of a trouble told in public is in the log alone', async () => {
    const { errors } = await films.ask('{ behindIt }')
    expect(errors).toMatchObject([{ extensions: { code: 'DATABASE_UNAVAILABLE' } }])
    expect(JSON.stringify(errors)).not.toContain('10.0.0.7')
    const lines = await films.requestLines(1)
    expect(lines).toHaveLength(1)
    expect(JSON.stringify(lines)).toContain('10.0.0.7')
  })

  test.each([
    ['{ whoAmI', {}, 400, 'GRAPHQL_PARSE_FAILED'],
    ['{ whoAreYou }', {}, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['{ film { id } }', {}, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($id: ID!) { film(id: $id) { id } }', { id: {} }, 400, 'BAD_USER_INPUT'],
    ['query ($id: ID!) { film(id: $id) { id } }', {}, 400, 'BAD_USER_INPUT'],
    ['query ($at: DateTime) { echo(at: $at) }', { at: 'today' }, 400, 'BAD_USER_INPUT'],
    ['query ($id: ID = "y") { required(id: $id) }', { id: null }, 200, 'BAD_USER_INPUT'],
    ['query ($skip: Boolean = true) { whoAmI @skip(if: $skip) }', { skip: null }, 200, 'BAD_USER_INPUT'],
    ['fragment F on Query { whoAmI }', {}, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { whoAmI } query B { whoAmI }', {}, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['mutation { x }', {}, 200, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s with %j: %d %s', async (query, variables, status, code) => {
    const answer = await films.ask(query, variables)
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([status, code])
    expect(answer.errors?.[0]?.extensions.mend).toBeTruthy()
    expect(await films.requestLines(1)).toMatchObject([
      { level: status === 200 ? 'debug' : 'warn', codes: [code] },
    ])
    expect(films.lines).toHaveLength(1)
  })

  test('a query nested beyond reason is an error, not a crash', async () => {
    const deep = `${'{ film(id: 1) '.repeat(20_000)}${'}'.repeat(20_000)}`
    const { errors } = await films.ask(deep)
    expect(errors?.[0]?.extensions.code).toMatch(/^[A-Z_]+$/)
    expect(JSON.stringify(errors)).not.toContain('.js:')
    expect((await films.ask('{ whoAmI }')).errors).toBeUndefined()
  })
})

test('an answer that holds what its caller alone may see is never cacheable by others', async () => {
  const { headers } = await films.send(JSON.stringify({ query: '{ whoAmI }' }))
  expect(headers.get('cache-control')).toBe('no-store')
})

test('a good request logs nothing at info', async () => {
  await films.ask('{ whoAmI }')
  const lines = await films.requestLines(1)
  expect(lines.map(({ level }) => level)).toEqual(['debug'])
})
