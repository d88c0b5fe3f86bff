import type { NamedFederation } from './hand-written.ts'

const item = (id: string): object => ({ id, blob: { id: null, list: [1, null], __typename: 'Nobody' } })

/** Lists of lists, null, JSON (executor.md 2.3). */
const values: NamedFederation = {
  title: 'values that travel',
  subgraphs: {
    one: {
      sdl: `
        scalar JSON
        type Query { grid: [[Item]] items: [Item] }
        type Item @key(fields: "id") { id: ID! blob: JSON size: Size parts: [[Part]] }
        type Size { w: Int h: Int }
        type Part { n: Int }
      `,
      resolvers: {
        Query: {
          grid: () => [[item('1'), null, item('2')], null, [], [item('1')]],
          items: () => [item('1'), null, item('1')],
        },
        Item: {
          __resolveReference: ({ id }: { id: string }) => item(id),
          size: () => ({ w: null, h: 2 }),
          parts: () => [[{ n: 1 }, null], null, [{ n: null }]],
        },
      },
    },
    two: {
      sdl: `
        scalar JSON
        type Item @key(fields: "id") {
          id: ID! blob: JSON @external size: Size @external parts: [[Part]] @external price: Int
          echo: JSON @requires(fields: "blob size { w h } parts { n }") }
        type Size { w: Int @external h: Int @external }
        type Part { n: Int @external }
      `,
      resolvers: {
        Item: {
          price: ({ id }: { id: string }) => Number(id) * 10,
          echo: ({ blob, size, parts }: Record<string, unknown>) => ({ blob, size, parts }),
        },
      },
    },
  },
  cases: [
    {
      name: 'entities in lists of lists',
      query: '{ grid { id price } }',
      data: {
        grid: [[{ id: '1', price: 10 }, null, { id: '2', price: 20 }], null, [], [{ id: '1', price: 10 }]],
      },
    },
    {
      name: 'null at any depth, lists of lists and JSON go whole into a representation',
      query: '{ items { echo } }',
      data: {
        items: [1, null, 1].map(
          id =>
            id && {
              echo: {
                blob: { id: null, list: [1, null], __typename: 'Nobody' },
                size: { w: null, h: 2 },
                parts: [[{ n: 1 }, null], null, [{ n: null }]],
              },
            },
        ),
      },
      stockIsWrong: true,
    },
  ],
}

const fail = (message: string) => (): never => {
  throw new Error(message)
}

/** Errors at their places (2.15 to 2.18). */
const failures: NamedFederation = {
  title: 'what fails',
  subgraphs: {
    one: {
      sdl: `
        enum Level { LOW SECRET @inaccessible }
        type Query { rows: [Row!] grid: [[Row]] }
        type Row @key(fields: "id") { id: ID! level: Level levels: [Level] }
      `,
      resolvers: {
        Query: {
          rows: () => ['1', '2', '3', '1'].map(id => ({ id, level: id === '2' ? 'SECRET' : 'LOW' })),
          grid: () => [[{ id: '3' }, { id: '2' }], null],
        },
        Row: { levels: () => ['LOW', 'SECRET'] },
      },
    },
    two: {
      sdl: `type Row @key(fields: "id") { id: ID! price: Int sure: Int! bad: Int }`,
      resolvers: {
        Row: {
          price: ({ id }: { id: string }) => (id === '2' ? fail('no price')() : 5),
          sure: ({ id }: { id: string }) => (id === '1' ? fail('not sure')() : 6),
        },
      },
    },
    three: {
      sdl: `type Row @key(fields: "id") { id: ID! late: Int }`,
      resolvers: { Row: { __resolveReference: fail('nobody is found'), late: () => 1 } },
    },
  },
  cases: [
    {
      name: 'an error has the path of the client, through lists and aliases',
      query: '{ r: rows { p: price } grid { price } }',
      data: {
        r: [{ p: 5 }, { p: null }, { p: 5 }, { p: 5 }],
        grid: [[{ price: 5 }, { price: null }], null],
      },
      errors: ['r.1.p', 'grid.0.1.price'],
    },
    {
      name: 'null goes up from what may not be null, in each place of one entity',
      query: '{ grid { id sure } others: rows { id } }',
      data: {
        grid: [
          [
            { id: '3', sure: 6 },
            { id: '2', sure: 6 },
          ],
          null,
        ],
        others: [{ id: '1' }, { id: '2' }, { id: '3' }, { id: '1' }],
      },
    },
    {
      name: 'null goes up to where null may be',
      query: '{ rows { sure } }',
      data: { rows: null },
      errors: ['rows.0.sure', 'rows.3.sure'],
    },
    {
      name: 'a reference that is not found takes down only its subgraph',
      query: '{ rows { id late } }',
      data: { rows: ['1', '2', '3', '1'].map(id => ({ id, late: null })) },
      errors: ['rows.0', 'rows.1', 'rows.2', 'rows.3'],
      stockIsWrong: true,
    },
    {
      name: 'a value that clients may not see is null, and an error',
      query: '{ rows { level } grid { levels } }',
      data: {
        rows: [{ level: 'LOW' }, { level: null }, { level: 'LOW' }, { level: 'LOW' }],
        grid: [[{ levels: ['LOW', null] }, { levels: ['LOW', null] }], null],
      },
      errors: ['rows.1.level', 'grid.0.0.levels.1', 'grid.0.1.levels.1'],
    },
  ],
}

const children = { c1: { id: 'c1' }, c2: { id: 'c2' } }

/** Context (2.13). */
const context: NamedFederation = {
  title: '@context and @fromContext',
  stockRefuses: true,
  subgraphs: {
    one: {
      sdl: `
        type Query { parents: [Parent!] }
        type Parent @key(fields: "id") @context(name: "place") { id: ID! prop: String! child: Child! @shareable }
        type Child @key(fields: "id") { id: ID! greet(prop: String @fromContext(field: "$place { prop }")): String }
      `,
      resolvers: {
        Query: {
          parents: () => [
            { id: 'p1', prop: 'north', child: children.c1 },
            { id: 'p2', prop: 'south', child: children.c2 },
            { id: 'p3', prop: 'west', child: children.c1 },
          ],
        },
        Parent: {
          __resolveReference: ({ id }: { id: string }) => ({ id, prop: id === 'p2' ? 'south' : 'elsewhere' }),
        },
        Child: { greet: ({ id }: { id: string }, { prop }: { prop: string }) => `${id} in the ${prop}` },
      },
    },
    two: {
      sdl: `
        type Query { far: [Parent!] @provides(fields: "child { id }") }
        type Parent @key(fields: "id") { id: ID! child: Child! @external }
        type Child @key(fields: "id") { id: ID! age: Int }
      `,
      resolvers: {
        Query: { far: () => [{ id: 'p2', child: children.c2 }] },
        Child: { age: () => 7 },
      },
    },
  },
  cases: [
    {
      name: 'each place has its own value, for one entity too',
      query: '{ parents { child { greet age } } }',
      data: {
        parents: [
          { child: { greet: 'c1 in the north', age: 7 } },
          { child: { greet: 'c2 in the south', age: 7 } },
          { child: { greet: 'c1 in the west', age: 7 } },
        ],
      },
    },
    {
      name: 'an alias does not hide the value',
      query: '{ parents { prop: id child { g: greet } } }',
      data: {
        parents: [
          { prop: 'p1', child: { g: 'c1 in the north' } },
          { prop: 'p2', child: { g: 'c2 in the south' } },
          { prop: 'p3', child: { g: 'c1 in the west' } },
        ],
      },
    },
    {
      // The planner alone lets both fetches run side by side.
      name: 'the value is fetched before the field that needs it',
      query: '{ far { child { greet } } }',
      data: { far: [{ child: { greet: 'c2 in the south' } }] },
    },
  ],
}

export const casesOfValues: readonly NamedFederation[] = [values, failures, context]
