import { expect, test } from '@jest/globals'
import DataLoader from 'dataloader'
import type { RequestContext } from './context.ts'
import type { SubgraphDatabase, SubgraphDefinition } from './definition.ts'
import { toConnection } from './paging.ts'
import type { FieldResolvers, Resolvers } from './resolvers.ts'
import { scalars } from './scalars.ts'
import { serveSubgraph } from './serve-subgraph.ts'
import { subgraphConfig } from './config.ts'

// What is wrong here must not compile: `npm run check` fails when one of the marked lines does.

type Em = { find: (id: string) => Promise<Row> }
type Row = Readonly<{ id: string; title: string }>
type Loaders = Readonly<{ row: DataLoader<string, Row> }>
type Context = RequestContext<Loaders>

const fields: FieldResolvers<Row, Context> = {
  title: row => row.title,
  same: (row, args: { first: number }, { loaders }) => loaders.row.loadMany([row.id].slice(0, args.first)),
  // @ts-expect-error a row has no such property
  year: row => row.year,
  // @ts-expect-error nor has the context
  user: (_row, _args, context) => context.user,
  // @ts-expect-error there is no such loader
  other: (_row, _args, { loaders }) => loaders.other.load('1'),
  // @ts-expect-error the loader's key is a string
  wrongKey: (_row, _args, { loaders }) => loaders.row.load(1),
  // @ts-expect-error arguments must be described before they are used
  first: (_row, args) => args.first,
  // @ts-expect-error the row is of another type
  foreign: (row: { other: number }) => row.other,
  // @ts-expect-error a resolver is a function
  text: 'text',
}

const resolvers: Resolvers<Context> = {
  ...scalars,
  Colour: { RED: 1, GREEN: 'green' },
  Row: {
    ...fields,
    __resolveReference: ({ id }: { id: string }, { loaders }) => loaders.row.load(id),
  },
  Query: {
    row: (_source, { id }: { id: string }, { loaders, identity }) =>
      identity.subject === null ? null : loaders.row.load(id),
    // @ts-expect-error the identity cannot be changed
    change: (_source, _args, { identity }) => (identity.subject = 'me'),
    // @ts-expect-error a Date is no signal
    late: (_source, _args, { signal }): Date => signal,
  },
}

declare const database: SubgraphDatabase<Em>
const loaders = ({ em }: { em: Em }): Loaders => ({
  row: new DataLoader(ids => Promise.all(ids.map(id => em.find(id)))),
})

// A sharded database is asked by owner: there is no EntityManager of a request.
declare const sharded: SubgraphDatabase<undefined>
const byOwner = (): Loaders => ({
  row: new DataLoader(ids => Promise.resolve(ids.map(id => ({ id, title: '' })))),
})

const described = { name: 'rows', schema: '', resolvers }

/** Never called: its types are the test. */
const neverRun = (): unknown[] => [
  { ...described, loaders, database } satisfies SubgraphDefinition<Em, Loaders>,
  { ...described, resolvers: {}, loaders: byOwner, database: sharded } satisfies SubgraphDefinition<
    undefined,
    Loaders
  >,
  // @ts-expect-error a sharded database gives the loaders no EntityManager
  { ...described, loaders, database: sharded } satisfies SubgraphDefinition<Em, Loaders>,
  // @ts-expect-error the loaders want an EntityManager, so there must be a database
  { ...described, loaders } satisfies SubgraphDefinition<Em, Loaders>,
  // @ts-expect-error without a database there is no EntityManager
  { ...described, loaders, resolvers: {} } satisfies SubgraphDefinition<undefined, Loaders>,
  // @ts-expect-error resolvers want other loaders
  { ...described, loaders: () => ({}), database } satisfies SubgraphDefinition<Em, object>,
  serveSubgraph(
    {
      name: 'tiny',
      schema: '',
      loaders: () => ({ n: 1 }),
      resolvers: {
        Query: {
          n: (_source, _args, context) => context.loaders.n.toFixed(),
          // @ts-expect-error loaders are inferred
          m: (_source, _args, context) => context.loaders.m,
          // @ts-expect-error resolvers have no EntityManager: they ask loaders
          em: (_source, _args, context) => context.em.find('1'),
        },
      },
    },
    subgraphConfig.parse({}),
  ),
  toConnection([{ id: '1', title: '' }], {
    limit: 1,
    after: null,
    cursorOf: row => [row.id],
    // @ts-expect-error a row has no year
    nodeOf: row => row.year,
  }),
]

test('the types of the kit hold what they promise', () => {
  expect(typeof neverRun).toBe('function')
  expect(Object.keys(resolvers)).toContain('Row')
})
