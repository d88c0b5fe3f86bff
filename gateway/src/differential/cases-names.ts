import type { NamedFederation } from './hand-written.ts'

const products = [
  { id: 'p1', name: 'Table' },
  { id: 'p2', name: 'Chair' },
]

/** Names that a client and the planner both use (executor.md: R2, R5). */
const names: NamedFederation = {
  title: 'aliases and variables named like what the planner adds',
  subgraphs: {
    catalogue: {
      sdl: `
        type Query { products(first: Int): [Product!]! }
        type Product @key(fields: "id") { id: ID! name: String! comments(limit: Int): [String!] note(by: Int): Int }
      `,
      resolvers: {
        Query: { products: (_source, { first }: { first?: number }) => products.slice(0, first ?? 2) },
        Product: {
          __resolveReference: ({ id }: { id: string }) => products.find(product => product.id === id),
          comments: (_source, { limit }: { limit?: number }) => ['a', 'b', 'c', 'd'].slice(0, limit ?? 4),
          note: (_source, { by }: { by?: number }) => by ?? -1,
        },
      },
    },
    prices: {
      sdl: `type Product @key(fields: "id") {
        id: ID! price: Int tax(percent: Int): Int comments(limit: Int): [String!] @external note(by: Int): Int @external
        digest: String @requires(fields: "comments(limit: 3)") twice: Int @requires(fields: "note") }
      `,
      resolvers: {
        Product: {
          price: ({ id }: { id: string }) => (id === 'p1' ? 10 : 20),
          tax: (_source, { percent }: { percent: number }) => percent * 2,
          digest: ({ comments }: { comments: string[] }) => comments.join(''),
          twice: ({ note }: { note: number }) => note * 2,
        },
      },
    },
  },
  cases: [
    {
      name: 'a field under the name of a key is not the key',
      query: '{ products { id: name price } }',
      data: {
        products: [
          { id: 'Table', price: 10 },
          { id: 'Chair', price: 20 },
        ],
      },
      stockIsWrong: true,
    },
    {
      name: 'a field under the name __typename is not the type',
      query: '{ products(first: 1) { __typename: name price } }',
      data: { products: [{ __typename: 'Table', price: 10 }] },
      stockIsWrong: true,
    },
    {
      name: 'the type under another name',
      query: '{ products(first: 1) { price __type: __typename id__alias_0: price } }',
      data: { products: [{ price: 10, __type: 'Product', id__alias_0: 10 }] },
    },
    {
      name: 'a name of Object.prototype is a name like any other',
      query: '{ products(first: 1) { __proto__: name constructor: price } }',
      data: { products: [JSON.parse('{"__proto__":"Table","constructor":10}')] },
    },
    {
      name: 'arguments of the client stand beside those of a @requires',
      query: '{ products(first: 1) { comments(limit: 1) digest } }',
      data: { products: [{ comments: ['a'], digest: 'abc' }] },
      stockIsWrong: true,
    },
    {
      name: 'arguments of the client stand beside a @requires without any',
      query: '{ products(first: 1) { note(by: 7) twice } }',
      data: { products: [{ note: 7, twice: -2 }] },
      stockIsWrong: true,
    },
    {
      name: 'a variable named representations',
      query:
        'query ($representations: Int) { products(first: $representations) { tax(percent: $representations) } }',
      variables: { representations: 1 },
      data: { products: [{ tax: 2 }] },
      stockIsWrong: true,
    },
    {
      name: 'null and absent are two things in a variable',
      query:
        'query ($a: Int = 5, $b: Int = 5) { products(first: 1) { price a: note(by: $a) b: note(by: $b) } }',
      variables: { a: null },
      data: { products: [{ price: 10, a: -1, b: 5 }] },
    },
  ],
}

/** Operations that conditions make smaller (R4). */
const conditions: NamedFederation = {
  title: '@skip and @include',
  subgraphs: {
    base: {
      sdl: `type Query { t: T list: [T!] } type T @key(fields: "id") { id: ID! a: Int b: Int }`,
      resolvers: {
        Query: { t: () => ({ id: 1, a: 2, b: null }), list: () => [{ id: 1 }] },
        T: { __resolveReference: () => ({ id: 1, a: 2, b: null }) },
      },
    },
    more: {
      sdl: `type T @key(fields: "id") { id: ID! a: Int @external b: Int @external
        f1: String @requires(fields: "a") f2: String @requires(fields: "b") }`,
      resolvers: {
        T: {
          f1: ({ a }: { a: number | null }) => `a ${String(a)}`,
          f2: ({ b }: { b: number | null }) => `b ${String(b)}`,
        },
      },
    },
  },
  cases: [
    {
      name: 'what is left out takes no field along that requires other things',
      query: 'query ($f: Boolean!) { t { f1 @include(if: $f) f2 } }',
      variables: { f: false },
      data: { t: { f2: 'b null' } },
      stockIsWrong: true,
    },
    {
      name: 'a selection that conditions emptied gives empty objects',
      query: 'query ($t: Boolean!) { list @include(if: $t) { id @skip(if: $t) } }',
      variables: { t: true },
      data: { list: [{}] },
      stockIsWrong: true,
    },
    {
      name: 'an operation that conditions emptied gives an empty object',
      query: 'query ($t: Boolean!) { t @skip(if: $t) { id } }',
      variables: { t: true },
      data: {},
    },
    {
      name: 'the variable of a condition may have its default',
      query: 'query ($t: Boolean = false) { t { f1 ...F @include(if: $t) } } fragment F on T { f2 }',
      data: { t: { f1: 'a 2' } },
    },
  ],
}

/** Keys that lead back (R1). */
const keys: NamedFederation = {
  title: 'a key that cannot be looked up',
  subgraphs: {
    first: {
      sdl: `type Query { t: T }
        type T @key(fields: "sku", resolvable: false) @key(fields: "id") {
          id: ID! sku: String! w: Int @external r: Int @requires(fields: "w") }`,
      resolvers: {
        Query: { t: () => ({ id: 1, sku: 's' }) },
        T: {
          __resolveReference: (reference: { id?: string }) => {
            if (reference.id === undefined) throw new Error('looked up by sku')
            return reference
          },
          r: ({ w }: { w: number }) => w * 2,
        },
      },
    },
    second: {
      sdl: `type T @key(fields: "sku") { sku: String! w: Int }`,
      resolvers: { T: { w: () => 21 } },
    },
  },
  cases: [
    {
      name: 'the way back after a @requires is a key that can be looked up',
      query: '{ t { r } }',
      data: { t: { r: 42 } },
      stockIsWrong: true,
    },
  ],
}

export const casesOfNames: readonly NamedFederation[] = [names, conditions, keys]
