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
  },
  cases: [
    {
      name: 'is not shown',
      query: '{ accounts { ... on Admin { state } ... on Regular { rank } } }',
      data: { accounts: [{ rank: 1 }, { state: null }] },
      errors: ['accounts.1.state'],
      stockIsWrong: true,
    },
  ],
}

export const casesOfFailures: readonly NamedFederation[] = [computed, excluded]
