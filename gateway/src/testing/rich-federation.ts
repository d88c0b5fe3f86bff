import { compose } from './tiny-federation.ts'

const link = (imports: readonly string[], more = ''): string => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(imports)}) ${more}`

const shopSdl = `
  ${link(
    [
      '@key',
      '@shareable',
      '@inaccessible',
      '@tag',
      '@composeDirective',
      '@cost',
      '@listSize',
      '@override',
      '@provides',
      '@external',
    ],
    `@link(url: "https://example.com/caching/v1.0", import: ["@cacheControl", { name: "Scope", as: "CacheScope" }])
    @composeDirective(name: "@cacheControl")`,
  )}
  directive @cacheControl(maxAge: Int, scope: CacheScope) on OBJECT | FIELD_DEFINITION | INTERFACE
  "Asks in a way of its own."
  directive @hint(text: String) on FIELD | QUERY
  enum CacheScope { PUBLIC PRIVATE }
  schema { query: Shop, mutation: Change }
  "Where all begins."
  type Shop {
    "One \\"product\\"."
    product(id: ID!, hidden: Int @inaccessible, currency: Currency = EUR): Product
    products(filter: Filter, first: Int): [Product!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) @cost(weight: 3)
    secret: Secret @inaccessible
    things: [Thing!]!
    named: [Named!]!
    media: [Media!]!
    when(after: DateTime): DateTime @deprecated(reason: "time flies")
  }
  type Change { buy(filter: Filter): Receipt }
  type Receipt { query: Shop, product: Product @provides(fields: "size { width }") }
  scalar DateTime @specifiedBy(url: "https://example.com/date") @tag(name: "time")
  scalar Hidden @inaccessible
  "How to filter."
  input Filter { text: String = "a", hidden: Hidden @inaccessible, kind: [Kind!] = [SMALL], inner: Filter }
  input Innards @inaccessible { a: Int }
  enum Kind { SMALL, "Not small." LARGE, SECRET @inaccessible, OLD @deprecated }
  enum Currency { EUR USD }
  interface Named { name: String, hidden: Hidden @inaccessible }
  interface Deep implements Named @inaccessible { name: String, hidden: Hidden @inaccessible }
  type Product implements Named & Deep @key(fields: "id") @key(fields: "sku { code }") @cacheControl(scope: PUBLIC) @shareable {
    id: ID!
    sku: Sku
    name: String @cacheControl(maxAge: 60, scope: PRIVATE) @tag(name: "x")
    hidden: Hidden @inaccessible
    price(currency: Currency = EUR): Int
    kind(innards: Innards @inaccessible): Kind
    size: Size @external
  }
  type Sku @shareable { code: String! }
  type Size { width: Int @external }
  type Secret implements Named @inaccessible { name: String, hidden: Hidden @inaccessible }
  type Gadget implements Named { name: String, hidden: Hidden @inaccessible }
  union Thing = Product | Secret | Gadget
  union Unseen @inaccessible = Secret
  interface Media @key(fields: "id") { id: ID!, title: String }
  type Film implements Media @key(fields: "id") { id: ID!, title: String }
  type Song implements Media @key(fields: "id") { id: ID!, title: String }
`

const stockSdl = `
  ${link(['@key', '@external', '@requires', '@override', '@shareable', '@interfaceObject', '@context', '@fromContext'])}
  directive @hint(text: String) on FIELD | QUERY
  type Query { cheapest: Product, shelf: Shelf }
  type Product @key(fields: "id") @key(fields: "sku { code }", resolvable: false) {
    id: ID!
    sku: Sku @external
    price(currency: Currency = EUR): Int @external
    size: Size @shareable
    shipping: Int @requires(fields: "price(currency: USD)")
    weight: Int
    name: String @override(from: "the-shop", label: "percent(50)")
  }
  type Sku @shareable { code: String! }
  enum Currency { EUR USD }
  type Size { width: Int @shareable, depth: Int }
  type Shelf @key(fields: "id") @context(name: "shelf") { id: ID!, label: String!, box: Box }
  type Box @key(fields: "id") { id: ID!, note(label: String @fromContext(field: "$shelf { label }")): String }
  type Media @key(fields: "id") @interfaceObject { id: ID!, rating: Int }
`

const oldSdl = `
  directive @hint(text: String) on FIELD | QUERY
  type Query { oldest: Product }
  extend type Product @key(fields: "id") { id: ID! @external, age: Int, weight: Int @external, worn: Int @requires(fields: "weight") }
`

/** SDL by the name of its subgraph: most of what federation has. "old" is of Federation 1. */
export const richSubgraphs: Readonly<Record<string, string>> = Object.freeze({
  'the-shop': shopSdl,
  stock: stockSdl,
  old: oldSdl,
})

/** A supergraph that has most of what federation has: renamed roots, hidden elements, contexts, labels. */
export const richSupergraph = (): string =>
  compose(
    Object.fromEntries(
      Object.entries(richSubgraphs).map(([name, sdl]) => [name, { sdl, url: `http://${name}.test/` }]),
    ),
  )
