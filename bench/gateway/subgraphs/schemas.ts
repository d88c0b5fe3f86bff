/**
 * The shop of the public gateways benchmark. Written so that Federation 1 gateways (Mercurius) read it too; for
 * composition `federation2` puts the link in front. `seed` asks for another world of the same size: every id in it
 * begins with the seed, so that requests with different seeds have nothing in common.
 */
export const shopSchemas: Readonly<Record<string, string>> = Object.freeze({
  accounts: `
extend type Query {
  me: User
  user(id: ID!): User
  users(seed: String): [User]
}

type User @key(fields: "id") {
  id: ID!
  name: String
  username: String @shareable
  birthday: Int
}
`,
  products: `
extend type Query {
  topProducts(first: Int = 5, seed: String): [Product]
  product(upc: String!): Product
}

type Product @key(fields: "upc") {
  upc: String!
  name: String
  price: Int
  weight: Int
}
`,
  inventory: `
extend type Product @key(fields: "upc") {
  upc: String! @external
  price: Int @external
  weight: Int @external
  inStock: Boolean
  shippingEstimate: Int @requires(fields: "price weight")
}
`,
  reviews: `
extend type Query {
  archive(seed: String): [ArchivedReview!]
}

extend type Mutation {
  addReview(upc: String!, body: String!): Review
}

type Review @key(fields: "id") {
  id: ID!
  body: String
  author: User @provides(fields: "username")
  product: Product
}

type ArchivedReview {
  id: ID!
  title: String
  body: String
}

extend type User @key(fields: "id") {
  id: ID! @external
  username: String @external
  reviews(first: Int): [Review]
}

extend type Product @key(fields: "upc") {
  upc: String! @external
  reviews(first: Int): [Review]
}
`,
})

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires", "@provides", "@shareable"])'

/** The same schema as a Federation 2 subgraph. */
export const federation2 = (sdl: string): string => `${link}\n${sdl}`
