import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  parseOperation,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { startPlanner } from './planner-pool.ts'
import type { Planner } from './planner.ts'
import {
  bomb,
  booksSupergraph,
  overriddenSupergraph,
  plannerConfig,
  recursiveSupergraph,
} from './testing/planner-supergraphs.ts'

const books = booksSupergraph()

const withPlanner = async (
  sdl: string,
  use: (planner: Planner) => Promise<void>,
  changes = {},
): Promise<void> => {
  const planner = await startPlanner(sdl, plannerConfig(changes))
  try {
    await use(planner)
  } finally {
    await planner.close()
  }
}

/** What the planner says when it is asked on the event loop. */
const directPlan = (sdl: string, document: string, labels: readonly string[] = []): unknown => {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  const planner = new QueryPlanner(supergraph, { reuseQueryFragments: false })
  const plan = planner.buildQueryPlan(parseOperation(supergraph.apiSchema(), document), {
    overrideConditions: new Map(labels.map(label => [label, true])),
  })
  return JSON.parse(JSON.stringify(plan))
}

const documents = [
  '{ books { title } }',
  'query Named($first: Int! = 3) { books(first: $first) { ...B shipping } cheapest { title } } fragment B on Book { id price }',
  'mutation { rename(id: "1", title: "x") { price } }',
  '{ one: books { ...B } two: books { ...B } } fragment B on Book { id title weight }',
]

describe('startPlanner', () => {
  let planner: Planner
  beforeAll(async () => {
    planner = await startPlanner(books, plannerConfig())
  })
  afterAll(() => planner.close())

  test.each(documents)('makes the plan that the planner makes: %s', async document => {
    expect(await planner.plan(document, [])).toEqual(directPlan(books, document))
  })

  test('a plan is frozen at every level: requests share it', async () => {
    const { node } = await planner.plan('{ books { title shipping } }', [])
    if (node?.kind !== 'Sequence') throw new Error('expected a sequence')
    expect([node, node.nodes, node.nodes[1]].every(Object.isFrozen)).toBe(true)
  })

  test('labels that are on choose the subgraph', () =>
    withPlanner(overriddenSupergraph(), async planner => {
      const ask = '{ book { title } }'
      const label = 'percent(50)'
      const [off, on] = await Promise.all([planner.plan(ask, []), planner.plan(ask, [label])])
      expect(off).toEqual(directPlan(overriddenSupergraph(), ask))
      expect(on).toEqual(directPlan(overriddenSupergraph(), ask, [label]))
      expect(on).not.toEqual(off)
    }))

  test('every process makes the same plan, those that trust the supergraph too', () =>
    withPlanner(
      books,
      async planner => {
        const asked = Array.from({ length: 60 }, (_, index) => `query Q${index} { books { title shipping } }`)
        const plans = await Promise.all(asked.map(document => planner.plan(document, [])))
        const expected = JSON.stringify(directPlan(books, asked[0]!))
        for (const [index, plan] of plans.entries())
          expect(
            JSON.stringify(plan).replaceAll(`Q${index}__`, 'Q0__').replaceAll(`"Q${index}"`, '"Q0"'),
          ).toBe(expected)
      },
      { workers: 3 },
    ))

  test('what cannot be planned is QUERY_PLANNING_FAILED, with the reason for the log, and the process goes on', () =>
    withPlanner(recursiveSupergraph(), async planner => {
      const started = performance.now()
      await expect(planner.plan(bomb(), [])).rejects.toMatchObject({
        code: 'QUERY_PLANNING_FAILED',
        cause: { message: expect.stringContaining('limit of 300') },
      })
      expect(performance.now() - started).toBeLessThan(5000)
      await expect(planner.plan('{ nope }', [])).rejects.toMatchObject({ code: 'QUERY_PLANNING_FAILED' })
      expect(await planner.plan('{ node { v } }', [])).toMatchObject({ node: { serviceName: 'd' } })
    }))

  test('what is too deep for the stack fails alone; the reason is short, its end kept', () =>
    withPlanner(recursiveSupergraph(), async planner => {
      const nested = (depth: number): string => `{ node { ${'next{'.repeat(depth)}v${'}'.repeat(depth)} } }`
      await expect(planner.plan(nested(20_000), [])).rejects.toMatchObject({
        code: 'QUERY_PLANNING_FAILED',
        cause: { message: 'Maximum call stack size exceeded' },
      })
      const error = await planner.plan(nested(1000), []).catch((error: Error) => error)
      const { message } = (error as Error).cause as Error
      expect(message).toMatch(/^Too many options generated for next.*limit of 300$/)
      expect(message.length).toBeLessThan(410)
      expect(await planner.plan('{ node { v } }', [])).toMatchObject({ node: { serviceName: 'd' } })
    }))

  test('equal requests at one time are one computation', async () => {
    const [first, second, third] = await Promise.all([
      planner.plan('{ books { title } }', ['b', 'a']),
      planner.plan('{ books { title } }', ['a', 'b']),
      planner.plan('{ books { title } }', ['a']),
    ])
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(await planner.plan('{ books { title } }', ['a', 'b'])).not.toBe(first)
  })

  test('refuses what is not a supergraph, and says why', async () => {
    await expect(startPlanner('type Query { a: Int }', plannerConfig())).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      details: { reason: 'Invalid supergraph: must be a core schema' },
    })
    // Only validation finds this one.
    const invalid = books.replace('@join__graph(name: "books"', '@join__graph(nope: 1, name: "books"')
    await expect(startPlanner(invalid, plannerConfig())).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      details: { reason: expect.stringContaining('"nope"') },
    })
  })
})
