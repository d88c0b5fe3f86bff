import type { NamedFederation } from './hand-written.ts'

/** What the planner itself gets wrong: the executor has to notice, or to work around it. */
const chain: NamedFederation = {
  title: 'a @requires of a field that has one itself',
  subgraphs: {
    middle: {
      sdl: `
        type Query { t: T }
        type T @key(fields: "id") { id: ID! name: String @external code: String @requires(fields: "name") }
      `,
      resolvers: {
        Query: { t: () => ({ id: 1 }) },
        T: { code: ({ name }: { name?: string }) => `code of ${String(name)}` },
      },
    },
    base: {
      sdl: `type T @key(fields: "id") { id: ID! name: String }`,
      resolvers: { T: { name: () => 'Ada' } },
    },
    last: {
      sdl: `type T @key(fields: "id") { id: ID! code: String @external label: String @requires(fields: "code") }`,
      resolvers: { T: { label: ({ code }: { code: string }) => `label of ${code}` } },
    },
  },
  cases: [
    { name: 'the field in the middle', query: '{ t { code } }', data: { t: { code: 'code of Ada' } } },
    {
      name: 'the field at the end, from the subgraph of the one in the middle',
      query: '{ t { label } }',
      data: { t: { label: 'label of code of Ada' } },
      stockIsWrong: true,
    },
  ],
}

const longChain: NamedFederation = {
  title: 'a @requires below a field that has one itself',
  subgraphs: {
    middle: {
      sdl: `
        type Query { t: T others: [T!] }
        type T @key(fields: "id") { id: ID! name: String @external part(of: String): Part @requires(fields: "name") }
        type Part @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        Query: { t: () => ({ id: 1 }), others: () => [{ id: 1 }, { id: 2 }] },
        T: { part: ({ name }: { name?: string }) => (name === undefined ? null : { id: `of ${name}` }) },
      },
    },
    base: {
      sdl: `
        type T @key(fields: "id") { id: ID! name: String }
        type Part @key(fields: "id") { id: ID! size: String }
      `,
      resolvers: {
        T: { name: ({ id }: { id: string }) => `T${id}` },
        Part: { size: ({ id }: { id: string }) => `size ${id}` },
      },
    },
    last: {
      sdl: `
        type T @key(fields: "id") { id: ID! part(of: String): Part @external
          label: String @requires(fields: "part { size }") other: String @requires(fields: "part(of: \\"x\\") { size }") }
        type Part @key(fields: "id") { id: ID! size: String @external }
      `,
      resolvers: {
        T: {
          label: ({ part }: { part: { size: string } }) => `label of ${part.size}`,
          other: ({ part }: { part: { size: string } }) => `other of ${part.size}`,
        },
      },
    },
    beyond: {
      sdl: `type T @key(fields: "id") { id: ID! other: String @external end: String @requires(fields: "other") }`,
      resolvers: { T: { end: ({ other }: { other: string }) => `end of ${other}` } },
    },
  },
  cases: [
    {
      name: 'what is required in the middle is fetched, and where it is',
      query: '{ t { label } }',
      data: { t: { label: 'label of size of T1' } },
      stockIsWrong: true,
    },
    {
      name: 'each object has its own, beside what the client asks',
      query: '{ others { label part { id } } t { part { size } } }',
      data: {
        others: [
          { label: 'label of size of T1', part: { id: 'of T1' } },
          { label: 'label of size of T2', part: { id: 'of T2' } },
        ],
        t: { part: { size: 'size of T1' } },
      },
      stockIsWrong: true,
    },
    {
      name: 'arguments of one in the middle',
      query: '{ t { end } }',
      data: { t: { end: 'end of other of size of T1' } },
      stockIsWrong: true,
    },
  ],
}

const part = { id: 'p' }

const twoArguments: NamedFederation = {
  title: 'one field required twice, with other arguments',
  subgraphs: {
    base: {
      sdl: `
        type Query { t: T }
        interface Sized { size(unit: String): String }
        type T implements Sized @key(fields: "id") { id: ID! size(unit: String): String parts(first: Int): [Part] }
        type Part implements Sized @key(fields: "id") { id: ID! size(unit: String): String note: String }
      `,
      resolvers: {
        Query: { t: () => ({ id: 1 }) },
        T: {
          size: (_source, { unit = 'none' }: { unit?: string }) => unit,
          parts: (_source, { first = 2 }: { first?: number }) => [part, part, part].slice(0, first),
        },
        Part: {
          size: (_source, { unit = 'none' }: { unit?: string }) => `part ${unit}`,
          note: () => 'noted',
        },
      },
    },
    more: {
      sdl: `
        type T @key(fields: "id") {
          id: ID! size(unit: String): String @external parts(first: Int): [Part] @external
          inches: String @requires(fields: "size(unit: \\"inch\\")")
          plain: String @requires(fields: "size")
          free: String
          first: String @requires(fields: "parts(first: 1) { size(unit: \\"m\\") }")
          all: String @requires(fields: "parts { size note }")
        }
        type Part @key(fields: "id") { id: ID! size(unit: String): String @external note: String @external }
      `,
      resolvers: {
        T: {
          inches: ({ size }: { size: string }) => size,
          plain: ({ size }: { size: string }) => size,
          free: () => 'free',
          first: ({ parts }: { parts: unknown }) => JSON.stringify(parts),
          all: ({ parts }: { parts: unknown }) => JSON.stringify(parts),
        },
      },
    },
    far: {
      // Here only the interface has a use for the field itself.
      sdl: `interface Sized { size(unit: String): String }
        type T implements Sized @key(fields: "id") {
        id: ID! size(unit: String): String @external feet: String @requires(fields: "size(unit: \\"foot\\")") }`,
      resolvers: { T: { feet: ({ size }: { size: string }) => size } },
    },
  },
  cases: [
    { name: 'each alone', query: '{ t { inches } }', data: { t: { inches: 'inch' } } },
    {
      name: 'both at once',
      query: '{ t { inches plain } }',
      data: { t: { inches: 'inch', plain: 'none' } },
      stockIsWrong: true,
    },
    {
      name: 'in two subgraphs, beside what needs nothing',
      query: '{ t { free inches feet plain } }',
      data: { t: { free: 'free', inches: 'inch', feet: 'foot', plain: 'none' } },
      stockIsWrong: true,
    },
    {
      name: 'the client asks for it, too',
      query: '{ t { size(unit: "inch") plain foot: size(unit: "foot") inches } }',
      data: { t: { size: 'inch', plain: 'none', foot: 'foot', inches: 'inch' } },
      stockIsWrong: true,
    },
    {
      name: 'the client asks by the name that it has inside',
      query: '{ t { size__required_1: id inches plain } }',
      data: { t: { size__required_1: '1', inches: 'inch', plain: 'none' } },
      stockIsWrong: true,
    },
    {
      name: 'below a list that has other arguments itself',
      query: '{ t { all first parts { note } } }',
      data: {
        t: {
          all: '[{"size":"part none","note":"noted"},{"size":"part none","note":"noted"}]',
          first: '[{"size":"part m"}]',
          parts: [{ note: 'noted' }, { note: 'noted' }],
        },
      },
      stockIsWrong: true,
    },
  ],
}

const thing = (at: number): object => ({ __typename: at % 2 === 0 ? 'Even' : 'Odd', id: String(at) })

/** The field is not in the interface here, so that the planner asks each member for it. */
const exploded: NamedFederation = {
  title: 'a narrowed field that each member is asked for by itself',
  subgraphs: {
    list: {
      sdl: `type Query { things: [Thing!] } interface Thing { id: ID! }
        type Even implements Thing @key(fields: "id") { id: ID! } type Odd implements Thing @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { things: () => [thing(0), thing(1)] } },
    },
    peers: {
      sdl: `interface Thing { id: ID! peer: Thing }
        type Even implements Thing @key(fields: "id") { id: ID! peer: Even }
        type Odd implements Thing @key(fields: "id") { id: ID! peer: Thing }`,
      resolvers: { Even: { peer: () => thing(2) }, Odd: { peer: () => thing(3) } },
    },
  },
  cases: [
    {
      name: 'a fragment that cannot apply to one of them',
      query: '{ things { peer { ... on Odd { id } } } }',
      data: { things: [{ peer: {} }, { peer: { id: '3' } }] },
      stockIsWrong: true,
    },
  ],
}

let steps = 0

const order: NamedFederation = {
  title: 'the order of mutations',
  subgraphs: {
    one: {
      sdl: 'type Query { x: Int } type Mutation { reset: Int first: Int second: Int }',
      resolvers: {
        Mutation: {
          reset: () => (steps = 0),
          first: () => (steps += 1),
          second: () => (steps += 1),
        },
      },
    },
    two: {
      sdl: 'type Mutation { elsewhere: Int }',
      resolvers: { Mutation: { elsewhere: () => (steps += 1) } },
    },
  },
  cases: [
    {
      name: 'is the order of the client, fragments included',
      query: 'mutation { reset ...F first } fragment F on Mutation { second }',
      data: { reset: 0, second: 1, first: 2 },
    },
    {
      // The planner alone gathers what is in fragments on the root.
      name: 'is the order of the client, between two fragments',
      query: 'mutation { ... on Mutation { reset } first ... on Mutation { second } }',
      data: { reset: 0, first: 1, second: 2 },
      stockIsWrong: true,
    },
    {
      name: 'is the order of the client, with a fragment at the end',
      query: 'mutation { reset first ...F } fragment F on Mutation { second }',
      data: { reset: 0, first: 1, second: 2 },
    },
    {
      name: 'is the order of the client, across subgraphs and with fragments that come again',
      query: `mutation ($no: Boolean = false) {
        reset ...F ... on Mutation { ...G away: first @skip(if: true) } ...F elsewhere
        ...G @include(if: $no) last: second }
        fragment F on Mutation { second ...G } fragment G on Mutation { a: first elsewhere }`,
      data: { reset: 0, second: 1, a: 2, elsewhere: 3, last: 4 },
    },
  ],
}

export const casesOfTraps: readonly NamedFederation[] = [chain, longChain, twoArguments, exploded, order]
