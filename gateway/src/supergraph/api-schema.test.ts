import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { describe, expect, test } from '@jest/globals'
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql'
import { richSubgraphs, richSupergraph } from '../testing/rich-federation.ts'
import { booksSdl, compose, pricesSdl } from '../testing/tiny-federation.ts'
import { readSupergraph } from './read-supergraph.ts'

const printed = (schema: GraphQLSchema): string => printSchema(lexicographicSortSchema(schema))

/** What the planner's own library shows to clients. */
const stockApiSchema = (sdl: string): GraphQLSchema =>
  Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
    .apiSchema()
    .toGraphQLJSSchema()

const composed = (...sdls: readonly string[]): string =>
  compose(Object.fromEntries(sdls.map((sdl, index) => [`s${index}`, { sdl, url: `http://s${index}.test` }])))

const federation = 'https://specs.apollo.dev/federation/v2.9'

const renamedImports = composed(`
  extend schema @link(url: "${federation}", as: "fed", import: ["@key", { name: "@inaccessible", as: "@hide" }])
  type Query { a: A, b: Int @hide, c(d: Int @hide): Int }
  type A @key(fields: "id") { id: ID!, tagged: Int @fed__tag(name: "t") }
`)

/** As a hand may write it: the specifications under other names, types in parts. */
const renamedSpecifications = `
  schema
    @lnk(url: "https://specs.apollo.dev/link/v1.0", as: "lnk")
    @lnk(url: "https://specs.apollo.dev/join/v0.3", as: "j", for: EXECUTION)
    @lnk(url: "https://specs.apollo.dev/inaccessible/v0.2", import: [{ name: "@inaccessible", as: "@hush" }], for: SECURITY)
  { query: Root, mutation: Change }
  directive @lnk(url: String, as: String, for: lnk__Purpose, import: [lnk__Import]) repeatable on SCHEMA
  directive @j__graph(name: String!, url: String!) on ENUM_VALUE
  directive @j__type(graph: j__Graph!, key: j__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
  directive @j__field(graph: j__Graph, requires: j__FieldSet, provides: j__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
  directive @j__implements(graph: j__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
  directive @j__unionMember(graph: j__Graph!, member: String!) repeatable on UNION
  directive @j__enumValue(graph: j__Graph!) repeatable on ENUM_VALUE
  directive @hush on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
  directive @plain(a: Int, b: Int @hush) on FIELD
  directive @defer(label: String) on INLINE_FRAGMENT
  scalar j__FieldSet
  scalar lnk__Import
  enum lnk__Purpose { SECURITY EXECUTION }
  enum j__Graph { A @j__graph(name: "a", url: "http://a.test") }
  type Root @j__type(graph: A) { a: Int, b: Int @hush, join__like: join__Like }
  type join__Like @j__type(graph: A) { a: Int }
  type Change @j__type(graph: A) @hush { a: Int }
`

const supergraphs: Readonly<Record<string, () => string>> = {
  'of most features': richSupergraph,
  'of two plain subgraphs': () => composed(booksSdl, pricesSdl),
  'of Federation 1 subgraphs': () =>
    composed(
      'type Query { a: A } "An A." type A @key(fields: "id") { id: ID! }',
      'extend type A @key(fields: "id") { id: ID! @external, b(c: [Int!]! = [1]): [[Int]] }',
    ),
  'with renamed imports': () => renamedImports,
  'with renamed specifications': () => renamedSpecifications,
  'of one subgraph without the old one': () =>
    composed(richSubgraphs['the-shop'] ?? '', richSubgraphs['stock']?.replace('"the-shop"', '"s0"') ?? ''),
}

describe('the API schema', () => {
  test.each(Object.entries(supergraphs))('of a supergraph %s is the one that Apollo shows', (_name, make) => {
    const sdl = make()
    expect(printed(readSupergraph(sdl).apiSchema)).toBe(printed(stockApiSchema(sdl)))
  })

  test('keeps descriptions, deprecation and what a scalar is', () => {
    const { apiSchema } = readSupergraph(richSupergraph())
    const text = printSchema(apiSchema)
    expect(text).toContain('"""Where all begins."""')
    expect(text).toContain('@deprecated(reason: "time flies")')
    expect(text).toContain('directive @hint(text: String) on FIELD | QUERY')
  })

  test('has nothing of what is inaccessible, in any kind of place', () => {
    const text = printSchema(readSupergraph(richSupergraph()).apiSchema)
    expect(text).not.toMatch(/hidden|Hidden|secret|Secret|SECRET|Innards|innards|Deep|Unseen/)
    expect(text).not.toMatch(/join__|link__|context__|cost|listSize|cacheControl\b|@tag/)
  })

  test('understands parts of types and of the schema', () => {
    const inParts = renamedSpecifications.replace(
      'b: Int @hush,',
      '} extend type Root { e: Int @hush, f: Int } extend schema { subscription: Root } extend enum E { B @hush } enum E { A } extend type Root { e2: E',
    )
    const text = printSchema(readSupergraph(inParts).apiSchema)
    expect(text).toContain('subscription: Root')
    expect(text).toMatch(/type Root {\n {2}a: Int\n {2}f: Int/)
    expect(text).not.toMatch(/\be: Int|\bB\b/)
  })
})
