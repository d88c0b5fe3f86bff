import type { NamedFederation } from './hand-written.ts'

const fail = (): never => {
  throw new Error('it fails')
}

/** A value that is null because it failed is not one to compute with. */
const computed: NamedFederation = {
  title: 'what is computed from what failed',
  subgraphs: {
    base: {
      sdl: `
        type Query { ts: [T] }
        type T @key(fields: "id") { id: ID! price: Int weight: Int parts: [Part] part: Part marks: [Int] }
        type Part { size: Int firm: Int! }
      `,
      resolvers: {
        Query: { ts: () => [{ id: 'ok' }, { id: 'null' }, { id: 'bad' }] },
        T: {
          price: ({ id }: { id: string }) => (id === 'bad' ? fail() : id === 'null' ? null : 3),
          weight: () => 2,
          parts: ({ id }: { id: string }) => [{ id }],
          part: ({ id }: { id: string }) => ({ id }),
          marks: ({ id }: { id: string }) => [1, id === 'bad' ? new Error('it fails') : null],
        },
        Part: {
          size: ({ id }: { id: string }) => (id === 'bad' ? fail() : null),
          firm: ({ id }: { id: string }) => (id === 'bad' ? fail() : 1),
        },
      },
    },
    more: {
      sdl: `
        type T @key(fields: "id") {
          id: ID! price: Int @external weight: Int @external parts: [Part] @external part: Part @external
          marks: [Int] @external average: String @requires(fields: "marks")
          cost: String @requires(fields: "price") sure: String! @requires(fields: "price")
          load: String @requires(fields: "weight") sizes: String @requires(fields: "parts { size }")
          firmness: String @requires(fields: "part { firm }") free: String
        }
        type Part @external { size: Int firm: Int! }
      `,
      resolvers: {
        T: {
          cost: ({ price }: { price: unknown }) => `costs ${String(price)}`,
          sure: ({ price }: { price: unknown }) => `costs ${String(price)}`,
          load: ({ weight }: { weight: unknown }) => `weighs ${String(weight)}`,
          sizes: ({ parts }: { parts: unknown }) => JSON.stringify(parts),
          firmness: ({ part }: { part: unknown }) => JSON.stringify(part),
          average: ({ marks }: { marks: unknown }) => JSON.stringify(marks),
          free: () => 'free',
        },
      },
    },
    last: {
      sdl: `type T @key(fields: "id") { id: ID! cost: String @external total: String @requires(fields: "cost") }`,
      resolvers: { T: { total: ({ cost }: { cost: unknown }) => `in all ${String(cost)}` } },
    },
  },
  cases: [
    {
      name: 'is null, and the error is where the client can see it; null without an error is a value',
      query: '{ ts { cost } }',
      data: { ts: [{ cost: 'costs 3' }, { cost: 'costs null' }, { cost: null }] },
      errors: ['ts.2'],
      stockIsWrong: true,
    },
    {
      // Asked for twice, it fails twice.
      name: 'is null, and the error is also at the field if the client selects it by another name',
      query: '{ ts { p: price cost } }',
      data: {
        ts: [
          { p: 3, cost: 'costs 3' },
          { p: null, cost: 'costs null' },
          { p: null, cost: null },
        ],
      },
      errors: ['ts.2', 'ts.2.p'],
      stockIsWrong: true,
    },
    {
      name: 'goes up where it may not be null, with the same error',
      query: '{ ts { price sure } }',
      data: { ts: [{ price: 3, sure: 'costs 3' }, { price: null, sure: 'costs null' }, null] },
      errors: ['ts.2.price'],
      stockIsWrong: true,
    },
    {
      name: 'is null where what failed is deep inside',
      query: '{ ts { sizes firmness } }',
      data: {
        ts: [
          { sizes: '[{"size":null}]', firmness: '{"firm":1}' },
          { sizes: '[{"size":null}]', firmness: '{"firm":1}' },
          { sizes: null, firmness: null },
        ],
      },
      errors: ['ts.2'],
      stockIsWrong: true,
    },
    {
      name: 'is null where one of a list failed',
      query: '{ ts { average } }',
      data: { ts: [{ average: '[1,null]' }, { average: '[1,null]' }, { average: null }] },
      errors: ['ts.2'],
      stockIsWrong: true,
    },
    {
      name: 'is null along a chain',
      query: '{ ts { total } }',
      data: { ts: [{ total: 'in all costs 3' }, { total: 'in all costs null' }, { total: null }] },
      errors: ['ts.2'],
      stockIsWrong: true,
    },
  ],
}

const account = (id: string): object => ({ __typename: id === 'a1' ? 'Regular' : 'Admin', id })

/** Objects are asked for more than the client selects of them. */
const excluded: NamedFederation = {
  title: 'an error about what the client selects of other types only',
  subgraphs: {
    people: {
      sdl: `
        type Query { accounts: [Account!] }
        interface Account @key(fields: "id") { id: ID! }
        type Regular implements Account @key(fields: "id") { id: ID! }
        type Admin implements Account @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        Query: { accounts: () => ['a1', 'a2'].map(account) },
        Account: { __resolveReference: ({ id }: { id: string }) => account(id) },
      },
    },
    states: {
      sdl: `type Account @key(fields: "id") @interfaceObject { id: ID! rank: Int state: Int }`,
      resolvers: { Account: { rank: () => 1, state: fail } },
    },
    grades: {
      sdl: `type Account @key(fields: "id") @interfaceObject {
        id: ID! state: Int @external grade: Int @requires(fields: "state")
      }`,
      resolvers: { Account: { grade: ({ state }: { state: number }) => state } },
    },
  },
  cases: [
    {
      name: 'is not shown',
      query: '{ accounts { ... on Admin { state } ... on Regular { rank } } }',
      data: { accounts: [{ rank: 1 }, { state: null }] },
      errors: ['accounts.1.state'],
      stockIsWrong: true,
    },
    {
      name: 'is shown where something else is missing by it',
      query: '{ accounts { ... on Admin { state } ... on Regular { grade rank } } }',
      data: { accounts: [{ grade: null, rank: 1 }, { state: null }] },
      errors: ['accounts.0', 'accounts.1.state'],
      stockIsWrong: true,
    },
  ],
}

/** All that stand at one place are asked for what any of them is selected for. */
const throughAnother: NamedFederation = {
  title: 'an error about what the client selects below another type only',
  subgraphs: {
    posts: {
      sdl: `
        type Query { posts: [Post!] note: Post }
        union Post = Note | Essay
        type Note { topic: Topic }
        type Essay { topic: Topic }
        type Topic @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        Query: {
          posts: () => [
            { __typename: 'Note', topic: { id: 't1' } },
            { __typename: 'Essay', topic: { id: 't2' } },
          ],
          note: () => ({ __typename: 'Note', topic: { id: 'none' } }),
        },
      },
    },
    sizes: {
      sdl: `type Topic @key(fields: "id") { id: ID! size: Int }`,
      resolvers: { Topic: { size: () => 3 } },
    },
    depths: {
      sdl: `type Topic @key(fields: "id") { id: ID! depth: Int }`,
      resolvers: {
        Topic: {
          __resolveReference: (topic: { id: string }) => (topic.id === 'none' ? fail() : topic),
          depth: ({ id }: { id: string }) => (id === 't1' ? fail() : 7),
        },
      },
    },
  },
  cases: [
    {
      name: 'is not shown',
      query: '{ posts { ... on Note { topic { size } } ... on Essay { topic { depth } } } }',
      data: { posts: [{ topic: { size: 3 } }, { topic: { depth: 7 } }] },
      stockIsWrong: true,
    },
    {
      name: 'is not shown, nor is one about the whole entity',
      query: '{ note { ... on Note { topic { size } } ... on Essay { topic { depth } } } }',
      data: { note: { topic: { size: 3 } } },
      stockIsWrong: true,
    },
    {
      name: 'is shown where it is selected',
      query: '{ posts { ... on Note { topic { size depth } } ... on Essay { topic { depth } } } }',
      data: { posts: [{ topic: { size: 3, depth: null } }, { topic: { depth: 7 } }] },
      errors: ['posts.0.topic.depth'],
    },
  ],
}

/** Not to be found is no error, whoever does not find it. */
const notFound: NamedFederation = {
  title: 'an entity that a subgraph on the way does not know',
  subgraphs: {
    shelf: {
      sdl: `
        type Query { tools: [Tool] }
        type Tool @key(fields: "label") { label: ID! }
      `,
      resolvers: { Query: { tools: () => [{ label: 'saw' }, { label: 'awl' }] } },
    },
    codes: {
      sdl: `type Tool @key(fields: "label") @key(fields: "code") { label: ID! code: ID! }`,
      resolvers: {
        Tool: {
          __resolveReference: ({ label }: { label: string }) =>
            label === 'awl' ? null : { label, code: 'c1' },
        },
      },
    },
    makers: {
      sdl: `type Tool @key(fields: "code") { code: ID! maker: String origin: String! }`,
      resolvers: { Tool: { maker: () => 'Ada', origin: () => 'Kent' } },
    },
  },
  cases: [
    {
      name: 'leaves what others know of it null',
      query: '{ tools { label maker } }',
      data: {
        tools: [
          { label: 'saw', maker: 'Ada' },
          { label: 'awl', maker: null },
        ],
      },
    },
    {
      name: 'is an error where that may not be null',
      query: '{ tools { label origin } }',
      data: { tools: [{ label: 'saw', origin: 'Kent' }, null] },
      errors: ['tools.1.origin'],
    },
  ],
}

export const casesOfFailures: readonly NamedFederation[] = [computed, excluded, throughAnother, notFound]
