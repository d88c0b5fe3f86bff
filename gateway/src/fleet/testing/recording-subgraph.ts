import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { headers } from '@marquee/contract'
import { graphql, parse } from 'graphql'

export type ReceivedRequest = Readonly<{
  headers: IncomingHttpHeaders
  text: string
  query: string
  variables: Readonly<Record<string, unknown>>
  /** Set when the connection ended before the answer did. */
  isCut: () => boolean
}>

/** Answers instead of the subgraph; false lets it answer. */
export type Fault = (received: ReceivedRequest, response: ServerResponse) => boolean

export type RecordingSubgraph = Readonly<{
  url: string
  received: ReceivedRequest[]
  breakWith: (fault: Fault | undefined) => void
  /** Requests wait until the function returned is called. */
  hold: () => () => void
  stop: () => Promise<void>
}>

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  type Query { greet(name: String, twice: Boolean): String, who: String, soft: String, strict(fail: Boolean): String!, shop: Shop! }
  type Mutation { count: Int }
  type Shop { query: Query!, name: String }
  type Product @key(fields: "upc") {
    upc: ID!
    name: String
    price(currency: String): String
    owner: String
    bad: String
  }
`

type Context = Readonly<{ caller: string; counter: { value: number } }>

const resolvers = {
  Query: {
    greet: (_source: unknown, { name, twice }: { name?: string; twice?: boolean }) =>
      `hello ${name ?? 'you'}${twice === true ? ' twice' : ''}`,
    who: (_source: unknown, _arguments: unknown, { caller }: Context) => caller,
    soft: () => {
      throw new Error('soft')
    },
    strict: (_source: unknown, { fail }: { fail?: boolean }) => {
      if (fail === true) throw new Error('strict')
      return 'strict'
    },
    shop: () => ({ query: {}, name: 'shop' }),
  },
  Mutation: {
    count: (_source: unknown, _arguments: unknown, { counter }: Context) => {
      counter.value += 1
      return counter.value
    },
  },
  Product: {
    // As in the wild: one that throws makes the whole list null.
    __resolveReference: ({ upc }: { upc: string }) => {
      if (upc.startsWith('throw')) throw new Error(`no ${upc}`)
      return upc.startsWith('none') ? null : { upc, name: `name of ${upc}` }
    },
    price: ({ upc }: { upc: string }, { currency }: { currency?: string }) => `${upc} in ${currency ?? '?'}`,
    owner: (_source: unknown, _arguments: unknown, { caller }: Context) => caller,
    bad: ({ upc }: { upc: string }) => {
      if (upc.startsWith('bad')) throw new Error(`bad ${upc}`)
      return 'good'
    },
  },
}

const callerOf = (received: IncomingHttpHeaders): string => {
  const encoded = String(received[headers.identity] ?? '')
  const identity = JSON.parse(Buffer.from(encoded, 'base64url').toString() || '{}') as { subject?: unknown }
  return `${String(identity.subject)} ${String(received['x-tenant'])}`
}

/** A plain subgraph over node:http that writes down what it is asked, and tells who asks in its data. */
export const startRecordingSubgraph = async (): Promise<RecordingSubgraph> => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }])
  const received: ReceivedRequest[] = []
  const counter = { value: 0 }
  let fault: Fault | undefined
  let held: (() => void)[] | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    let cut = false
    response.on('close', () => {
      cut = !response.writableFinished
    })
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const record = { headers: request.headers, text, ...JSON.parse(text), isCut: () => cut }
      received.push(record)
      const answer = (): void => {
        if (fault?.(record, response) === true) return
        const contextValue = { caller: callerOf(request.headers), counter }
        void graphql({ schema, source: record.query, variableValues: record.variables, contextValue }).then(
          result => {
            response.writeHead(200, { 'content-type': 'application/json' })
            response.end(JSON.stringify(result))
          },
        )
      }
      if (held === undefined) answer()
      else held.push(answer)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    received,
    breakWith: next => {
      fault = next
    },
    hold: () => {
      const waiting: (() => void)[] = []
      held = waiting
      return () => {
        held = undefined
        for (const answer of waiting) answer()
      }
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
