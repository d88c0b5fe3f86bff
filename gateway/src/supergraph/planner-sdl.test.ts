import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'graphql'
import { compose } from '../testing/tiny-federation.ts'
import { readSupergraph } from './read-supergraph.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@external", "@requires"])`

const shop = `${link}
  type Query { product: Product }
  type Product @key(fields: "id") @key(fields: "sku { code }") @shareable { id: ID!, sku: Sku!, weight: Int, at: Place }
  type Sku @shareable { code: String! }
  type Place @shareable { x: Int }`

/** `keys` of Product in a second subgraph, and its `fields`. */
const supergraphOf = (keys: string, fields: string): string =>
  compose({
    shop: { sdl: shop, url: 'http://shop.test' },
    stock: {
      url: 'http://stock.test',
      sdl: `${link}
        type Query { first: Product }
        type Product ${keys} { ${fields} weight: Int @external, shipping: Int @requires(fields: "weight") }
        type Sku @shareable { code: String! }`,
    },
  })

const planOn = (sdl: string, operation: string): string => {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  const document = operationFromDocument(supergraph.apiSchema(), parse(operation))
  return JSON.stringify(new QueryPlanner(supergraph).buildQueryPlan(document))
}

const unresolvableFirst = (): string =>
  supergraphOf(
    '@key(fields: "sku { code }", resolvable: false) @key(fields: "id")',
    'id: ID!, sku: Sku! @shareable,',
  )

describe('the SDL for the planner', () => {
  test('has no key that is not resolvable, where the planner would come back by it', () => {
    const sdl = unresolvableFirst()
    const { plannerSdl } = readSupergraph(sdl)
    const dropped = '@join__type(graph: STOCK, key: "sku { code }", resolvable: false)'
    expect(sdl).toContain(dropped)
    expect(plannerSdl).toBe(sdl.replace(dropped, ''))
    const operation = '{ first { shipping } }'
    const keyOfLast = (plan: string): string => /.*"requires":(.*?)"variableUsages"/.exec(plan)?.[1] ?? ''
    expect(keyOfLast(planOn(sdl, operation))).toContain('sku')
    expect(keyOfLast(planOn(plannerSdl, operation))).not.toContain('sku')
  })

  test.each([
    [
      'keeps a key of external fields',
      '@key(fields: "sku { code }", resolvable: false) @key(fields: "id")',
      'id: ID!, sku: Sku! @external,',
    ],
    ['keeps the only key', '@key(fields: "id", resolvable: false)', 'id: ID!,'],
    [
      'keeps keys that resolve',
      '@key(fields: "sku { code }") @key(fields: "id")',
      'id: ID!, sku: Sku! @shareable,',
    ],
  ])('%s', (_what, keys, fields) => {
    const requiring = keys.startsWith('@key(fields: "id", resolvable: false)')
      ? compose({
          shop: { sdl: shop, url: '' },
          stub: { sdl: `${link} type Query { first: Product } type Product ${keys} { ${fields} }`, url: '' },
        })
      : supergraphOf(keys, fields)
    expect(readSupergraph(requiring).plannerSdl).toBe(requiring)
    expect(planOn(requiring, '{ product { weight } }')).toContain('weight')
  })
})
