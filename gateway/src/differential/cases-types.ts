import type { NamedFederation } from './hand-written.ts'

const isActive = (id: string): boolean => id === 'a1'

/** Interface objects (executor.md 2.7). */
const accounts: NamedFederation = {
  title: 'an @interfaceObject',
  subgraphs: {
    people: {
      sdl: `
        type Query { accounts: [Account!] }
        interface Account @key(fields: "id") { id: ID! name: String }
        type Regular implements Account @key(fields: "id") { id: ID! name: String }
        type Admin implements Account @key(fields: "id") { id: ID! name: String rights: [String!] }
      `,
      resolvers: {
        Query: {
          accounts: () => [
            { __typename: 'Regular', id: 'a1', name: 'Ada' },
            { __typename: 'Admin', id: 'a2', name: 'Bo', rights: ['all'] },
          ],
        },
        Account: {
          __resolveType: ({ id }: { id: string }) => (id === 'a1' ? 'Regular' : 'Admin'),
          __resolveReference: ({ id }: { id: string }) =>
            id === 'a1'
              ? { __typename: 'Regular', id, name: 'Ada' }
              : { __typename: 'Admin', id, name: 'Bo', rights: ['all'] },
        },
      },
    },
    states: {
      sdl: `
        type Query { active: [Account!] }
        type Account @key(fields: "id") @interfaceObject {
          id: ID! isActive: Boolean! rank(by: Int): Int name: String @external greeting: String @requires(fields: "name") }
      `,
      resolvers: {
        Query: { active: () => [{ id: 'a1' }] },
        Account: {
          __resolveReference: (reference: { id?: string }) => {
            if (reference.id === undefined) throw new Error('a reference without its key')
            return reference
          },
          isActive: ({ id }: { id: string }) => isActive(id),
          rank: (_source, { by }: { by?: number }) => by ?? 0,
          greeting: ({ name }: { name: string }) => `Hello ${name}`,
        },
      },
    },
  },
  cases: [
    {
      name: 'its subgraph does not take the concrete type away',
      query: '{ accounts { id isActive ... on Regular { id name isActive } } }',
      data: {
        accounts: [
          { id: 'a1', isActive: true, name: 'Ada' },
          { id: 'a2', isActive: false },
        ],
      },
    },
    {
      name: 'its fields come without the concrete type',
      query: '{ active { isActive greeting } }',
      data: { active: [{ isActive: true, greeting: 'Hello Ada' }] },
    },
    {
      name: 'the concrete type is found where it is known',
      query: '{ active { __typename ... on Admin { rights } ... on Regular { greeting name } } }',
      data: { active: [{ __typename: 'Regular', greeting: 'Hello Ada', name: 'Ada' }] },
    },
    {
      name: 'one field may have other arguments in each concrete type',
      query: '{ accounts { ... on Regular { rank(by: 1) } ... on Admin { rank } } }',
      data: { accounts: [{ rank: 1 }, { rank: 0 }] },
      stockIsWrong: true,
    },
    {
      name: 'a @requires for one concrete type leaves the others alone',
      query: '{ accounts { ... on Admin { greeting } } active { ... on Admin { greeting } } }',
      data: { accounts: [{}, { greeting: 'Hello Bo' }], active: [{}] },
      stockIsWrong: true,
    },
    {
      name: 'a @requires for one concrete type takes nothing from the others',
      query: '{ accounts { isActive rank ... on Admin { greeting } } }',
      data: {
        accounts: [
          { isActive: true, rank: 0 },
          { isActive: false, rank: 0, greeting: 'Hello Bo' },
        ],
      },
      stockIsWrong: true,
    },
    {
      name: 'a @requires in a fragment on one type, another field in one on another',
      query: '{ accounts { ...A ...R } } fragment A on Admin { greeting } fragment R on Regular { rank }',
      data: { accounts: [{ rank: 0 }, { greeting: 'Hello Bo' }] },
    },
  ],
}

const toy = { __typename: 'Toy', id: 't', price: 1 }
const book = { __typename: 'Book', id: 'b', price: 1, pages: 300 }

/** Fields that a type narrows (2.14), and fragments that cannot apply. */
const narrowing: NamedFederation = {
  title: 'a field that a type narrows',
  subgraphs: {
    shop: {
      sdl: `
        type Query { products: [Product] first: Product }
        interface Product { id: ID! price: Int samePriceProduct: Product }
        type Book implements Product @key(fields: "id") { id: ID! price: Int pages: Int samePriceProduct: Book }
        type Toy implements Product @key(fields: "id") { id: ID! price: Int samePriceProduct: Product }
      `,
      resolvers: {
        Query: { products: () => [book, toy, null], first: () => book },
        Book: { samePriceProduct: () => book },
        Toy: { samePriceProduct: () => book },
      },
    },
  },
  cases: [
    {
      name: 'fragments apply by the type that the runtime type promises',
      query: '{ products { samePriceProduct { id ... on Book { pages } } } }',
      data: {
        products: [
          { samePriceProduct: { id: 'b', pages: 300 } },
          { samePriceProduct: { id: 'b', pages: 300 } },
          null,
        ],
      },
    },
    {
      name: 'a fragment that cannot apply leaves an empty object, not null',
      query: '{ products { samePriceProduct { ... on Toy { id } } } }',
      data: { products: [{ samePriceProduct: {} }, { samePriceProduct: {} }, null] },
    },
  ],
}

/** Order and the root (2.10, 2.14). */
const roots: NamedFederation = {
  title: 'roots',
  subgraphs: {
    one: {
      sdl: `
        type Query { counter: Int a: A }
        type Mutation { add(n: Int!): Int pay: Payload }
        type Payload { ok: Boolean query: Query! }
        type A @key(fields: "id") { id: ID! x: Int y: Int }
      `,
      resolvers: {
        Query: { counter: () => 0, a: () => ({ id: 1, x: 1, y: 2 }) },
        Mutation: { add: (_source, { n }: { n: number }) => n, pay: () => ({ ok: true, query: {} }) },
      },
    },
    two: {
      sdl: `
        schema { query: Root mutation: Change }
        type Root { other: Int }
        type Change { change: Int }
        type A @key(fields: "id") { id: ID! z: Int }
      `,
      resolvers: { Root: { other: () => 5 }, Change: { change: () => 6 }, A: { z: () => 3 } },
    },
  },
  cases: [
    {
      name: 'the root again, below a payload',
      query: 'mutation { pay { ok query { other __typename a { z } } } }',
      data: { pay: { ok: true, query: { other: 5, __typename: 'Query', a: { z: 3 } } } },
      stockIsWrong: true,
    },
    {
      name: 'mutations keep the order of the client',
      query: 'mutation { add(n: 1) change b: add(n: 2) __typename }',
      data: { add: 1, change: 6, b: 2, __typename: 'Mutation' },
    },
    {
      name: 'fields come in the order of the client, fragments included',
      query:
        '{ a { ...F z ... on A { y x } } other ...G } fragment F on A { x } fragment G on Query { counter other }',
      data: { a: { x: 1, z: 3, y: 2 }, other: 5, counter: 0 },
    },
    {
      name: 'nothing but __typename needs no subgraph',
      query: '{ __typename again: __typename }',
      data: { __typename: 'Query', again: 'Query' },
    },
  ],
}

export const casesOfTypes: readonly NamedFederation[] = [accounts, narrowing, roots]
