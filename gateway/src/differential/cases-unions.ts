import type { NamedFederation } from './hand-written.ts'

const bolt = { __typename: 'Bolt', label: 'bolt', size: 4 }
const nut = { __typename: 'Nut', label: 'nut', size: 5, maker: { name: 'Ada' } }
const rivet = { __typename: 'Rivet', head: 'flat' }

const box = (items: readonly object[]): object => ({ id: 'b', crate: { items }, lid: bolt })

/** The planner takes it that what one of them does not know cannot be there. */
const unevenUnion: NamedFederation = {
  title: 'a union of which each subgraph knows other members',
  subgraphs: {
    north: {
      sdl: `
        type Query { northBox: Box }
        type Box @key(fields: "id") { id: ID! crate: Crate @shareable lid: Bolt @shareable }
        type Crate @shareable { items: [Item!] }
        union Item = Bolt | Nut
        type Bolt @shareable { label: String size: Int! }
        type Nut { label: String size: Int pitch(unit: String): String maker: Maker }
        type Maker { name: String }
      `,
      resolvers: {
        Query: { northBox: () => box([bolt, nut]) },
        Box: { __resolveReference: () => box([bolt, nut]) },
        Nut: { pitch: ((_nut: unknown, { unit }: { unit: string }) => `1 ${unit}`) as never },
      },
    },
    south: {
      sdl: `
        type Query { southBox: Box }
        type Box @key(fields: "id") { id: ID! crate: Crate @shareable lid: Item @shareable }
        type Crate @shareable { items: [Item!] }
        union Item = Bolt | Rivet
        type Bolt @shareable { label: String size: Int }
        type Rivet { head: String }
      `,
      resolvers: {
        Query: { southBox: () => box([bolt, rivet]) },
        Box: { __resolveReference: () => box([bolt, rivet]) },
      },
    },
  },
  cases: [
    {
      name: 'has them all, with arguments and what is below',
      query: `query ($unit: String) {
        northBox { crate { items { ... on Nut { label pitch(unit: $unit) maker { __typename name } } ...B ... on Rivet { head } } } }
      }
      fragment B on Bolt { label }`,
      variables: { unit: 'mm' },
      data: {
        northBox: {
          crate: {
            items: [
              { label: 'bolt' },
              { label: 'nut', pitch: '1 mm', maker: { __typename: 'Maker', name: 'Ada' } },
            ],
          },
        },
      },
      stockIsWrong: true,
    },
    {
      name: 'has them all wherever it comes from',
      query: '{ southBox { crate { items { __typename ... on Nut { label } ... on Rivet { head } } } } }',
      data: { southBox: { crate: { items: [{ __typename: 'Bolt' }, rivet] } } },
      stockIsWrong: true,
    },
    {
      name: 'is not looked for where a subgraph has one of the members only',
      query: '{ northBox { lid { ... on Nut { pitch } ... on Bolt { label } } } }',
      data: { northBox: { lid: { label: 'bolt' } } },
    },
    {
      // One subgraph cannot be asked for both by one name, as it has them of different types.
      name: 'has the others where one cannot be asked for',
      query: '{ northBox { crate { items { ... on Bolt { size } ... on Nut { label size } } } } }',
      data: { northBox: { crate: { items: [{ size: 4 }, { label: 'nut', size: null }] } } },
      errors: ['northBox.crate.items.1.size'],
      stockIsWrong: true,
    },
  ],
}

const takenOver: NamedFederation = {
  title: 'a union with a member of which another subgraph has taken over a field',
  subgraphs: {
    north: {
      sdl: `
        type Query { northCrate: Crate }
        type Crate @key(fields: "id") { id: ID! items: [Item!] @shareable }
        union Item = Bolt | Nut
        type Bolt @shareable { label: String }
        type Nut @key(fields: "label") { label: String! pitch: String }
      `,
      resolvers: {
        Query: { northCrate: () => ({ id: 'c', items: [bolt, { ...nut, pitch: 'old' }] }) },
        Crate: { __resolveReference: () => ({ id: 'c', items: [bolt, { ...nut, pitch: 'old' }] }) },
      },
    },
    south: {
      sdl: `
        type Crate @key(fields: "id") { id: ID! items: [Item!] @shareable }
        union Item = Bolt
        type Bolt @shareable { label: String }
      `,
      resolvers: { Crate: { __resolveReference: () => ({ id: 'c', items: [bolt] }) } },
    },
    east: {
      sdl: `type Nut @key(fields: "label") { label: String! pitch: String @override(from: "north", label: "percent(100)") }`,
      resolvers: { Nut: { __resolveReference: ({ label }: { label: string }) => ({ label, pitch: 'new' }) } },
    },
  },
  cases: [
    {
      name: 'has what the subgraph can say for itself, and never what it could say before',
      query: '{ northCrate { items { ... on Bolt { label } ... on Nut { name: label pitch } } } }',
      data: { northCrate: { items: [{ label: 'bolt' }, { name: 'nut', pitch: null }] } },
      errors: ['northCrate.items.1.pitch'],
      stockIsWrong: true,
    },
  ],
}

const fromContext: NamedFederation = {
  title: 'a union with a member of which a field takes an argument from the context',
  stockRefuses: true,
  subgraphs: {
    north: {
      sdl: `
        type Query { northCrate: Crate }
        type Crate @key(fields: "id") @context(name: "crate") { id: ID! unit: String items: [Item!] @shareable }
        union Item = Bolt | Nut
        type Bolt @shareable { label: String }
        type Nut @key(fields: "label") {
          label: String!
          pitch(unit: String @fromContext(field: "$crate { unit }")): String
        }
      `,
      resolvers: {
        Query: { northCrate: () => ({ id: 'c', unit: 'mm', items: [bolt, nut] }) },
        Crate: { __resolveReference: () => ({ id: 'c', unit: 'mm', items: [bolt, nut] }) },
        Nut: { pitch: ((_nut: unknown, { unit }: { unit: string }) => `1 ${unit}`) as never },
      },
    },
    south: {
      sdl: `
        type Crate @key(fields: "id") { id: ID! items: [Item!] @shareable }
        union Item = Bolt
        type Bolt @shareable { label: String }
      `,
      resolvers: { Crate: { __resolveReference: () => ({ id: 'c', items: [bolt] }) } },
    },
  },
  cases: [
    {
      name: 'is not asked for that field without the argument',
      query: '{ northCrate { items { ... on Bolt { label } ... on Nut { name: label pitch } } } }',
      data: { northCrate: { items: [{ label: 'bolt' }, { name: 'nut', pitch: null }] } },
      errors: ['northCrate.items.1.pitch'],
    },
  ],
}

export const casesOfUnions: readonly NamedFederation[] = [unevenUnion, takenOver, fromContext]
