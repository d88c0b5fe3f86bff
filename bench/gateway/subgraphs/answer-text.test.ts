import { describe, expect, test } from '@jest/globals'
import { answerText } from './answer-text.ts'
import { shop, type Data } from './shop.ts'

const ask = (data: Data | undefined, query: string, variables: Record<string, unknown> = {}): unknown => {
  if (data === undefined) throw new Error('no such subgraph')
  return JSON.parse(answerText(data)(query, variables))
}

describe('a subgraph answers whatever text a gateway sends', () => {
  test('several aliased _entities, each with its own representations and types', () => {
    const query = `query ($a: [_Any!]!) {
      x: _entities(representations: $a) { __typename ... on Product { upc } ... on User { id } }
      y: _entities(representations: [{ __typename: "User", id: "s1-2" }]) { ...F }
    }
    fragment F on User { reviews(first: 1) { id author { id username } } }`
    const a = [
      { __typename: 'User', id: '3' },
      { __typename: 'Product', upc: 's9-1' },
      { __typename: 'User', id: '77' },
    ]
    expect(ask(shop['reviews'], query, { a })).toEqual({
      x: [{ __typename: 'User', id: '3' }, { __typename: 'Product', upc: 's9-1' }, null],
      y: [{ reviews: [{ id: 's1-2', author: { id: 's1-2', username: 'brunoc' } }] }],
    })
  })

  test('selections of one response name are merged, in order of their first mention', () => {
    const query = '{ topProducts(first: 1) { upc } topProducts(first: 1) { n: name upc } }'
    const { topProducts } = ask(shop['products'], query) as { topProducts: unknown[] }
    expect(JSON.stringify(topProducts)).toBe('[{"upc":"1","n":"Table"}]')
  })

  test('@skip and @include by literals, variables and defaults; the same text with other values', () => {
    const answer = answerText(shop['accounts'] as Data)
    const query = `query ($on: Boolean = true) {
      me { id @include(if: $on) name @skip(if: $on) username @skip(if: true) birthday @include(if: false) }
    }`
    expect(JSON.parse(answer(query, {}))).toEqual({ me: { id: '1' } })
    expect(JSON.parse(answer(query, { on: false }))).toEqual({ me: { name: 'Ada Winter' } })
  })

  test('shippingEstimate is made of the price and weight that the gateway sent', () => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { shippingEstimate } } }`
    const product = { __typename: 'Product', upc: '1' }
    const r = [{ ...product, price: 5, weight: 10 }, { ...product, price: 2000, weight: 10 }, product]
    const estimates = [{ shippingEstimate: 5 }, { shippingEstimate: 0 }, { shippingEstimate: null }]
    expect(ask(shop['inventory'], query, { r })).toEqual({ _entities: estimates })
  })

  test('a seed asks for another world of the same size', () => {
    const query = 'query ($s: String) { users(seed: $s) { id name } }'
    const plain = ask(shop['accounts'], query) as { users: { id: string }[] }
    const seeded = ask(shop['accounts'], query, { s: 'q7' })
    expect(seeded).toEqual({ users: plain.users.map(user => ({ ...user, id: `q7-${user.id}` })) })
  })

  test('a mutation answers with what it was given', () => {
    const query = 'mutation ($b: String!) { addReview(upc: "s-2", body: $b) { id body product { upc } } }'
    const added = { id: 's-5', body: 'Good', product: { upc: 's-2' } }
    expect(ask(shop['reviews'], query, { b: 'Good' })).toEqual({ addReview: added })
  })
})
