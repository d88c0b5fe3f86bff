import type { GatewayConfig } from '../../config.ts'
import { booksSdl, compose, pricesSdl } from '../../testing/tiny-federation.ts'

/** Section `gateway.planner` with its defaults, but for a test. */
export const plannerConfig = (changes: Partial<GatewayConfig['planner']> = {}): GatewayConfig['planner'] => ({
  maxEvaluatedPlans: 1000,
  maxPaths: 300,
  workers: 1,
  timeoutMs: 10_000,
  maxHeapMb: 512,
  maxQueued: 1000,
  cacheMiB: 64,
  warmOperations: 500,
  warmTimeoutMs: 30_000,
  ...changes,
})

/** Nobody answers there. */
const url = 'http://127.0.0.1:9/'

const link =
  '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@override"])'

/** Two subgraphs that share `Book`. */
export const booksSupergraph = (): string =>
  compose({ books: { sdl: booksSdl, url }, prices: { sdl: pricesSdl, url } })

/** `Book.title` moves from subgraph `old` to `new` where the label `moved` is on. */
export const overriddenSupergraph = (): string =>
  compose({
    old: {
      url,
      sdl: `extend schema ${link} type Query { book: Book } type Book @key(fields: "id") { id: ID!, title: String }`,
    },
    new: {
      url,
      sdl: `extend schema ${link}
        type Book @key(fields: "id") { id: ID!, title: String @override(from: "old", label: "percent(50)") }`,
    },
  })

/** A field that three subgraphs resolve and that leads to its own type: each level has three ways more. */
export const recursiveSupergraph = (): string => {
  const recursive = `extend schema ${link} type Node @key(fields: "id") { id: ID!, next: Node @shareable }`
  const root = `extend schema ${link} type Query { node: Node } type Node @key(fields: "id") { id: ID!, v: Int }`
  return compose({
    a: { sdl: recursive, url },
    b: { sdl: recursive, url },
    c: { sdl: recursive, url },
    d: { sdl: root, url },
  })
}

/** Plans for far longer than a test, unless bounded; `name` makes it another operation. */
export const bomb = (name = 'Bomb'): string =>
  `query ${name} { node { ${'next{'.repeat(12)}v${'}'.repeat(12)} } }`

/** Lets the bomb go off: the planner's own bounds are out of the way. */
export const withoutBounds = { maxEvaluatedPlans: 1_000_000_000, maxPaths: 1_000_000_000 } as const
