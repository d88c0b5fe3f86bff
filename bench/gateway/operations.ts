const fragments = `
fragment U on User { id username name }
fragment R on Review { id body }
fragment P on Product { inStock name price shippingEstimate upc weight }`

const tree = `reviews { ...R product { ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } } }`
const branch = `reviews { ...R author { ...U reviews { ...R product { ...P } } } }`

/** A GraphQL request as it is sent. `@n@` in variables becomes a number that no other request has. */
export type Operation = Readonly<{ query: string; variables?: Readonly<Record<string, unknown>> }>

/** The operation of the public gateways benchmark. */
export const heavy: Operation = {
  query: `query TestQuery {
  users { ...U ${tree} }
  topProducts(first: 5) { ...P ${branch} }
}${fragments}`,
}

/** The same in another world: no two requests have an entity in common. */
export const heavySeeded: Operation = {
  query: `query TestQuery($seed: String) {
  users(seed: $seed) { ...U ${tree} }
  topProducts(first: 5, seed: $seed) { ...P ${branch} }
}${fragments}`,
  variables: { seed: 's@n@' },
}

/** One root field and four small entity fetches, over four subgraphs. */
export const light: Operation = {
  query: `query Light($upc: String!) {
  product(upc: $upc) {
    upc
    name
    inStock
    reviews(first: 1) { id author { id name reviews(first: 1) { id product { upc name } } } }
  }
}`,
  variables: { upc: 's@n@-1' },
}

export const shallow: Operation = {
  query: 'query Shallow($seed: String) { users(seed: $seed) { id username name } }',
  variables: { seed: 's@n@' },
}

export const megabyte: Operation = {
  query: 'query Megabyte($seed: String) { archive(seed: $seed) { id title body } }',
  variables: { seed: 's@n@' },
}

export const mutation: Operation = {
  query: `mutation Add($upc: String!, $body: String!) {
  addReview(upc: $upc, body: $body) { id body author { id name } product { upc name inStock } }
}`,
  variables: { upc: 's@n@-2', body: 'Good, number @n@.' },
}

/**
 * Operations of one kind, no two with the same text, nor with the same text in any subgraph.
 * @param tag  makes them differ from those of another tag
 */
export const distinct = (count: number, tag: string): readonly Operation[] =>
  Array.from({ length: count }, (_, index) => {
    const mark = `${tag}${index}`
    return {
      query: `query Q${mark} {
  topProducts(first: ${(index % 3) + 2}) {
    upc
    n${mark}: name
    s${mark}: inStock
    reviews(first: 2) { id b${mark}: body author { id u${mark}: name } }
  }
}`,
    }
  })

/** As `distinct`, of about 40 fields, for what planning costs. */
export const distinctLarge = (count: number, tag: string): readonly Operation[] =>
  Array.from({ length: count }, (_, index) => ({
    query: `query Large${tag}${index} {
  users { ...U a${tag}${index}: birthday ${tree} }
  topProducts(first: 3) { ...P ${branch} }
}${fragments}`,
  }))

/** The body that is posted. */
export const bodyOf = ({ query, variables = {} }: Operation): string => JSON.stringify({ query, variables })
