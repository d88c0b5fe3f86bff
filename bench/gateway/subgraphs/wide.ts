import type { Row } from './rows.ts'
import type { Data } from './shop.ts'

// A graph of any width for measuring what size costs: `count` subgraphs of 20 (or `types`) types each. Subgraph i owns
// the entity `E<i>`, which the one before refers to; the other types hang below it.

const name = (index: number): string => `wide${index}`

const schemaOf = (index: number, count: number, types: number): string => {
  const next = (index + 1) % count
  const values = Array.from(
    { length: types - 1 },
    (_, at) =>
      `type V${index}x${at} {\n  id: ID!\n  text: String\n  number: Int\n  below: V${index}x${at + 1}\n}`,
  )
  return `
type Query {
  e${index}(id: ID!): E${index}
}

type E${index} @key(fields: "id") {
  id: ID!
  name: String
  size: Int
  value: V${index}x0
  next: E${next}
}

type E${next} @key(fields: "id", resolvable: false) {
  id: ID!
}

${values.join('\n\n')}

type V${index}x${types - 1} {
  id: ID!
}
`
}

/** Schemas of a wide graph, by subgraph name. */
export const wideSchemas = (count: number, types: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [name(index), schemaOf(index, count, types)]),
  )

const dataOf = (index: number, count: number): Data => {
  const row = (id: unknown): Row => ({
    __typename: `E${index}`,
    id,
    name: `entity ${index}`,
    size: index,
    value: { __typename: `V${index}x0`, id: `${index}`, text: 'a value', number: index },
    next: { __typename: `E${(index + 1) % count}`, id },
  })
  return {
    fields: { [`Query.e${index}`]: (_, { id }) => row(id) },
    entity: ({ id }) => row(id),
  }
}

export const wideData = (count: number): Readonly<Record<string, Data>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), dataOf(index, count)]))

/** Crosses four subgraphs; the same in a graph of any width. */
export const wideOperation = `query Wide($id: ID!) {
  e0(id: $id) {
    id
    name
    value { text number }
    next { name value { text } next { name size next { name value { number } } } }
  }
}`
