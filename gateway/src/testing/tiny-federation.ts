import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { graphql, parse, type GraphQLFieldResolver } from 'graphql'

type Resolvers = Readonly<Record<string, Readonly<Record<string, GraphQLFieldResolver<unknown, unknown>>>>>

/** A plain federation subgraph over node:http: nothing of ours in it. */
export type PlainSubgraph = Readonly<{
  url: string
  port: number
  /** The headers of each request, latest last. */
  received: IncomingHttpHeaders[]
  /** Answers instead of the subgraph while set. */
  breakWith: (fault: ((response: ServerResponse) => void) | undefined) => void
  /** Headers put on each answer. */
  answerHeaders: Map<string, string>
  stop: () => Promise<void>
}>

const closeServer = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

export const startPlainSubgraph = async (sdl: string, resolvers: Resolvers): Promise<PlainSubgraph> => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }])
  const received: IncomingHttpHeaders[] = []
  const answerHeaders = new Map<string, string>()
  let fault: ((response: ServerResponse) => void) | undefined
  const server = createServer((request, response) => {
    received.push(request.headers)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (fault !== undefined) return fault(response)
      const { query, variables, operationName } = JSON.parse(Buffer.concat(chunks).toString())
      void graphql({ schema, source: query, variableValues: variables, operationName }).then(result => {
        response.writeHead(200, { 'content-type': 'application/json', ...Object.fromEntries(answerHeaders) })
        response.end(JSON.stringify(result))
      })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    received,
    answerHeaders,
    breakWith: next => {
      fault = next
    },
    stop: () => closeServer(server),
  }
}

const link =
  '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])'

export const booksSdl = `
  extend schema ${link}
  type Query { book(id: ID!): Book, books(first: Int! = 2): [Book!]!, fail(code: String): String, slow: String }
  type Mutation { rename(id: ID!, title: String!): Book }
  type Book @key(fields: "id") { id: ID!, title: String!, weight: Int! }
`

export const pricesSdl = `
  extend schema ${link}
  type Query { cheapest: Book }
  type Book @key(fields: "id") { id: ID!, weight: Int! @external, price: Int, shipping: Int @requires(fields: "weight") }
`

const titles: Record<string, string> = { 1: 'Solaris', 2: 'Kallocain', 3: 'We' }

const bookOf = (id: string): Record<string, unknown> | null => {
  const title = titles[id]
  return title === undefined ? null : { id, title, weight: Number(id) * 10 }
}

const codedError = (code: string): Error =>
  Object.assign(new Error(`inner words of ${code}`), code === 'none' ? {} : { extensions: { code } })

const bookResolvers: Resolvers = {
  Query: {
    book: (_source, { id }) => bookOf(id),
    books: (_source, { first }) => Object.keys(titles).slice(0, first).map(bookOf),
    fail: (_source, { code }) => {
      throw codedError(code ?? 'none')
    },
    slow: () => new Promise(resolve => setTimeout(() => resolve('at last'), 400)),
  },
  Mutation: { rename: (_source, { id, title }) => ({ ...bookOf(id), title }) },
  Book: { __resolveReference: reference => bookOf((reference as { id: string }).id) },
}

const priceResolvers: Resolvers = {
  Query: { cheapest: () => ({ id: '1' }) },
  Book: {
    __resolveReference: reference => reference,
    price: book => Number((book as { id: string }).id) * 100,
    shipping: book => (book as { weight: number }).weight * 2,
  },
}

/** Composes subgraphs. @param subgraphs  name to SDL and URL */
export const compose = (
  subgraphs: Readonly<Record<string, Readonly<{ sdl: string; url: string }>>>,
): string => {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(subgraphs).map(([name, { sdl, url }]) => ({ name, url, typeDefs: parse(sdl) })),
  )
  if (supergraphSdl === undefined) throw new Error(errors?.map(error => error.message).join('\n'))
  return supergraphSdl
}

export type TinyFederation = Readonly<{
  books: PlainSubgraph
  prices: PlainSubgraph
  folder: string
  sdl: string
  supergraphFile: string
  stop: () => Promise<void>
}>

/** Two plain subgraphs that share `Book`, and their supergraph in a file of a temporary folder. */
export const startTinyFederation = async (): Promise<TinyFederation> => {
  const books = await startPlainSubgraph(booksSdl, bookResolvers)
  const prices = await startPlainSubgraph(pricesSdl, priceResolvers)
  const folder = await mkdtemp(join(tmpdir(), 'marquee-gateway-'))
  const supergraphFile = join(folder, 'supergraph.graphql')
  const sdl = compose({
    books: { sdl: booksSdl, url: books.url },
    prices: { sdl: pricesSdl, url: prices.url },
  })
  await writeFile(supergraphFile, sdl)
  return {
    books,
    prices,
    folder,
    sdl,
    supergraphFile,
    stop: async () => {
      await Promise.all([books.stop(), prices.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
