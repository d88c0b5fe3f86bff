import { expect, test } from '@jest/globals'
import { buildSchema } from './build-schema.ts'
import { scalars } from '../scalars.ts'

const sdl = `
scalar Date
enum Colour { RED }
interface Named { name: String }
type Query { named: Named colour: Colour day: Date }
type Cat implements Named { name: String }
`

test('resolvers that fit are accepted, and scalars that the schema does not have', () => {
  const resolvers = {
    ...scalars,
    Query: { named: () => null },
    Named: { __resolveType: () => 'Cat' },
    Colour: { RED: 1 },
  }
  expect(buildSchema('cats', sdl, resolvers).getType('Cat')).toBeDefined()
})

test.each([
  ['a type that is not there', { Dog: { name: () => '' } }, 'Dog'],
  ['a field that is not there', { Query: { nmaed: () => null } }, 'Query.nmaed'],
  ['a value that is not there', { Colour: { GREEN: 1 } }, 'Colour.GREEN'],
  ['a reference of a union', { Colour: { __resolveReference: () => null } }, 'Colour.__resolveReference'],
  ['a field of an interface', { Named: { name: () => '' } }, 'Named.name'],
])('a resolver for %s stops the start', (_name, resolvers, culprit) => {
  expect(() => buildSchema('cats', sdl, resolvers)).toThrow(
    expect.objectContaining({ code: 'SUBGRAPH_SCHEMA_INVALID', message: expect.stringContaining(culprit) }),
  )
})

test.each([
  ['type Query {\n  a: }', /cats.*Syntax Error.*line 2, column 6/],
  ['type Query { a: Nowhere }', /cats.*Unknown type.*Nowhere/],
  ['type Cat { a: Int }\ntype Cat { b: Int }', /cats.*Cat/],
])('SDL that does not hold together stops the start: %s', (bad, words) => {
  expect(() => buildSchema('cats', bad, {})).toThrow(
    expect.objectContaining({ code: 'SUBGRAPH_SCHEMA_INVALID', message: expect.stringMatching(words) }),
  )
})
