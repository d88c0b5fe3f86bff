import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApolloServer } from '@apollo/server'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { anonymous, headers } from '@marquee/contract'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'
import { marqueeGateway, type MarqueeGatewayOptions } from './marquee-gateway.ts'

let federation: TinyFederation
beforeAll(async () => {
  federation = await startTinyFederation()
})
afterAll(() => federation.stop())

type Context = { user?: string }

const withServer = async (
  options: Partial<MarqueeGatewayOptions<Context>>,
  use: (server: ApolloServer<Context>, hooks: string[]) => Promise<void>,
): Promise<void> => {
  const hooks: string[] = []
  const gateway = marqueeGateway<Context>({ supergraphSdl: federation.sdl, ...options })
  const server = new ApolloServer<Context>({
    gateway,
    plugins: [
      {
        requestDidStart: async () => ({
          didResolveOperation: async () => void hooks.push('didResolveOperation'),
          executionDidStart: async () => void hooks.push('executionDidStart'),
          willSendResponse: async () => void hooks.push('willSendResponse'),
        }),
      },
    ],
  })
  await server.start()
  try {
    await use(server, hooks)
  } finally {
    await server.stop()
  }
}

const singleOf = (response: Awaited<ReturnType<ApolloServer['executeOperation']>>) => {
  if (response.body.kind !== 'single') throw new Error('an answer in parts')
  return response.body.singleResult
}

test('Apollo Server executes by Marquee, with its plugins', () =>
  withServer({}, async (server, hooks) => {
    const response = await server.executeOperation(
      {
        query: 'query Prices($first: Int!) { books(first: $first) { title price shipping } }',
        variables: { first: 2 },
      },
      { contextValue: {} },
    )
    expect(singleOf(response)).toEqual({
      data: {
        books: [
          { title: 'Solaris', price: 100, shipping: 20 },
          { title: 'Kallocain', price: 200, shipping: 40 },
        ],
      },
    })
    expect(hooks).toEqual(['didResolveOperation', 'executionDidStart', 'willSendResponse'])
  }))

test('errors have path, code and service, and the words of the subgraph', () =>
  withServer({}, async server => {
    const response = await server.executeOperation(
      { query: '{ fail(code: "OUT_OF_STOCK") }' },
      { contextValue: {} },
    )
    const { data, errors } = singleOf(response)
    expect(data).toEqual({ fail: null })
    expect(errors).toEqual([
      {
        message: 'inner words of OUT_OF_STOCK',
        path: ['fail'],
        extensions: { code: 'OUT_OF_STOCK', service: 'books' },
      },
    ])
  }))

test('variables that do not fit are refused before any subgraph is asked', () =>
  withServer({}, async server => {
    const before = federation.books.received.length
    const response = await server.executeOperation(
      { query: 'query($first: Int!) { books(first: $first) { title } }', variables: { first: 'many' } },
      { contextValue: {} },
    )
    const { errors } = singleOf(response)
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(federation.books.received.length).toBe(before)
  }))

test("what a subgraph is told comes from Apollo Server's context", () => {
  const settings = { secret: 'a secret of the test', forwardHeaders: ['x-user'] }
  const forward = ({ user = '' }: Context) => ({
    identity: { ...anonymous, subject: user },
    headers: { 'x-user': user },
  })
  return withServer({ settings, forward }, async server => {
    await server.executeOperation({ query: '{ books { title } }' }, { contextValue: { user: 'User_1' } })
    const received = federation.books.received.at(-1)
    expect(received?.['x-user']).toBe('User_1')
    const identity = Buffer.from(String(received?.[headers.identity]), 'base64url').toString()
    expect(JSON.parse(identity)).toMatchObject({ subject: 'User_1' })
  })
})

test('a supergraph that changes is taken, a bad one is not, and the source is told of the end', async () => {
  let update: (sdl: string) => void = () => {}
  let ended = false
  const refused: unknown[] = []
  const sdl = await readFile(federation.supergraphFile, 'utf8')
  const renamed = sdl.replaceAll('cheapest', 'lowestPriced')
  const source: MarqueeGatewayOptions<Context>['supergraphSdl'] = async options => {
    update = options.update
    return { supergraphSdl: sdl, cleanup: async () => void (ended = true) }
  }
  await withServer({ supergraphSdl: source, onRefused: error => refused.push(error) }, async server => {
    const ask = async (query: string) =>
      singleOf(await server.executeOperation({ query }, { contextValue: {} }))
    const query = '{ lowestPriced { title } }'
    expect((await ask(query)).errors?.[0]?.extensions?.['code']).toBe('GRAPHQL_VALIDATION_FAILED')
    update('type Query { nonsense')
    update(renamed)
    let answer = await ask(query)
    for (let turn = 0; turn < 100 && answer.data === undefined; turn += 1) {
      await sleep(50)
      answer = await ask(query)
    }
    // The subgraph itself does not know the new name, and its words are not for clients.
    expect(answer).toMatchObject({ data: { lowestPriced: null }, errors: [{ path: ['lowestPriced'] }] })
  })
  expect(ended).toBe(true)
  expect(refused).toEqual([expect.objectContaining({ code: 'SUPERGRAPH_INVALID' })])
})

test('a supergraph that is none does not start', async () => {
  const server = new ApolloServer({ gateway: marqueeGateway({ supergraphSdl: 'type Query { a: Int }' }) })
  await expect(server.start()).rejects.toThrow(/supergraph/)
})
