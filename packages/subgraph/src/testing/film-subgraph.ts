import { setTimeout as sleep } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import DataLoader from 'dataloader'
import { GraphQLError } from 'graphql'
import { requireSubject, type RequestContext } from '../context.ts'
import type { LoaderRequest, SubgraphDatabase, SubgraphDefinition } from '../definition.ts'
import { scalars } from '../scalars.ts'

type Film = Readonly<{ id: string; title: string }>
type Loaders = Readonly<{ film: DataLoader<string, Film | null>; forkNumber: number }>

/** Stands for a database: it counts statements and forks, and its health can be changed. */
export const countingDatabase = () => {
  const statements: (readonly string[])[] = []
  const listeners: ((statement: { sql: string; durationMs: number }) => void)[] = []
  const state = { forks: 0, closed: 0, health: { ok: true, latencyMs: 1 } }
  const database: SubgraphDatabase<Em> = {
    inRequest: (_seen, work) => work({ reads: 'writer', isGraph: true, hasLostSnapshot: false, wrote: {} }),
    fork: () => ({ fork: ++state.forks, find: run }),
    health: () => Promise.resolve(state.health),
    onStatement: listener => void listeners.push(listener),
    close: () => Promise.resolve(void state.closed++),
  }
  const run = (ids: readonly string[]): Promise<readonly (Film | null)[]> => {
    statements.push(ids)
    for (const tell of listeners) tell({ sql: 'select …', durationMs: 2 })
    return Promise.resolve(
      ids.map(id => (id.startsWith('no') ? null : Object.freeze({ id, title: `Film ${id}` }))),
    )
  }
  return { database, statements, state }
}

export type Em = Readonly<{
  fork: number
  find: (ids: readonly string[]) => Promise<readonly (Film | null)[]>
}>
type Context = RequestContext<Loaders>

const schema = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
scalar DateTime
scalar Date
scalar SafeInt
type Query {
  film(id: ID!): Film
  whoAmI: String
  mySubject: String
  forkNumber: Int
  leftMs: Boolean
  echo(at: DateTime, day: Date, n: SafeInt, list: [Int!]): String
  required(id: ID! = "x"): String
  secretive: String
  twiceSecretive: [String]
  coded: String
  codedByGraphql: String
  codedByStranger: String
  codedInternal: String
  behindIt: String
  badDate: DateTime
  never: String
  slow(ms: Int!): String
  stubborn(ms: Int!): String
  shop: Shop
}
type Film @key(fields: "id") { id: ID! title: String! }
interface Place @key(fields: "id") { id: ID! }
type Shop implements Place @key(fields: "id") { id: ID! name: String }
`

/** Whatever the resolvers of this test subgraph leave behind. */
export type Traces = { aborted: unknown[]; loaders: number }

export const filmSubgraph = (
  database: SubgraphDatabase<Em>,
  traces: Traces = { aborted: [], loaders: 0 },
): SubgraphDefinition<Em, Loaders> => ({
  name: 'films',
  schema,
  database,
  loaders: ({ em }: LoaderRequest<Em>) => {
    traces.loaders++
    return { film: new DataLoader(ids => em.find(ids), { maxBatchSize: 1000 }), forkNumber: em.fork }
  },
  resolvers: {
    ...scalars,
    Film: {
      __resolveReference: ({ id }: { id: string }, { loaders }) => {
        if (id === 'throws') throw new Error('a secret of the database')
        if (id === 'coded') throw new MarqueeError('INVALID_ID', { id, type: 'Film' })
        if (id === 'rejects') return Promise.reject(new Error('another secret'))
        return loaders.film.load(id)
      },
    },
    Place: {
      __resolveReference: ({ id }: { id: string }) => Object.freeze({ id, name: 'Odeon' }),
      __resolveType: () => 'Shop',
    },
    Query: {
      film: (_source, { id }: { id: string }, { loaders }) => loaders.film.load(id),
      whoAmI: (_source, _args, { identity }) => JSON.stringify(identity),
      mySubject: (_source, _args, context) => requireSubject(context),
      forkNumber: (_source, _args, { loaders }) => loaders.forkNumber,
      echo: (_source, args: object) => JSON.stringify(args),
      required: (_source, { id }: { id: string }) => id,
      secretive: () => {
        throw new Error('password=hunter2')
      },
      twiceSecretive: () => {
        const error = new Error('the same twice')
        return [Promise.reject(error), Promise.reject(error)]
      },
      coded: () => {
        throw new MarqueeError('REVIEW_EXISTS')
      },
      codedByGraphql: () => {
        throw new GraphQLError('Say please.', { extensions: { code: 'FORBIDDEN', internals: 'hidden' } })
      },
      codedByStranger: () => {
        throw Object.assign(new Error('table users'), { extensions: { code: 'FORBIDDEN' } })
      },
      codedInternal: () => {
        throw new MarqueeError('INTERNAL_SERVER_ERROR', {}, { cause: new Error('why') })
      },
      behindIt: () => {
        throw new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: new Error('connect refused 10.0.0.7') })
      },
      badDate: () => 'yesterday',
      never: (_source, _args, { signal }: Context) =>
        new Promise(() => signal.addEventListener('abort', () => traces.aborted.push(signal.reason))),
      slow: async (_source, { ms }: { ms: number }, { signal }) => {
        await sleep(ms, undefined, { signal })
        return 'done'
      },
      stubborn: async (_source, { ms }: { ms: number }) => {
        await sleep(ms)
        traces.aborted.push('ended all the same')
        throw new Error('too late to be heard')
      },
    },
  },
})
