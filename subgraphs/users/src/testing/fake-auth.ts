import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { decodeId, verifyIdentity, type Identity } from '@marquee/contract'

/** What goes wrong: nothing; it hangs up; it never answers; it says something that is not GraphQL. */
type Mood = 'well' | 'hangs up' | 'silent' | 'babbling'

export type FakeAuth = Readonly<{
  url: string
  /** UUID to name. Settable by the test. */
  accounts: Map<string, string>
  /** Accounts for which auth answers null with an error. */
  broken: Set<string>
  /** Who asked for which UUIDs, oldest first: one entry for each request. */
  calls: { identity: Identity; ids: readonly string[] }[]
  mood: { now: Mood }
  stop: () => Promise<void>
}>

/** The part of the auth subgraph that users asks, over real HTTP: checks the signature, answers `_entities`. */
export const startFakeAuth = async (secret: string): Promise<FakeAuth> => {
  const accounts = new Map<string, string>()
  const broken = new Set<string>()
  const calls: FakeAuth['calls'] = []
  const mood: FakeAuth['mood'] = { now: 'well' }

  const entities = (representations: readonly { __typename: string; id: string }[]): unknown => {
    const ids = representations.map(({ id }) => decodeId('User', id))
    const errors = ids.flatMap((id, index) =>
      broken.has(id) ? [{ message: 'Something went wrong.', path: ['_entities', index] }] : [],
    )
    const found = ids.map((id, index) => {
      const accountName = accounts.get(id)
      return accountName === undefined || broken.has(id)
        ? null
        : { id: representations[index]?.id, accountName }
    })
    return { data: { _entities: found }, ...(errors.length === 0 ? {} : { errors }) }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await text(request)) as {
      query: string
      variables: { representations: { __typename: string; id: string }[] }
    }
    const { representations } = body.variables
    const identity = verifyIdentity(secret, 'auth', request.headers)
    calls.push({ identity, ids: representations.map(({ id }) => decodeId('User', id)) })
    if (mood.now === 'hangs up') request.socket.destroy()
    else if (mood.now === 'babbling') response.end('{"hello": "world", "data": {"_entities": "?"}}')
    else if (mood.now === 'well') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(entities(representations)))
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 401
      response.end(JSON.stringify({ errors: [{ message: String(error) }] }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    accounts,
    broken,
    calls,
    mood,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
