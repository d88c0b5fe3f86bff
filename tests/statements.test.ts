import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startPlatform, type Platform } from './support/platform.ts'

/**
 * No N+1, over the whole platform: a nested list costs one SQL statement for each loader that it needs, however many
 * rows it has. The services count their own statements (`/metrics`).
 */
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)
afterAll(() => platform.stop())

const statementsOf = async (name: string): Promise<number> => {
  const { url } = platform.services.find(service => service.name === name) ?? { url: '' }
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(/^marquee_subgraph_sql_statements_total(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1] ?? Number.NaN)
}

/** Statements of each subgraph that one query costs. */
const costOf = async (query: string): Promise<Record<string, number>> => {
  const names = ['auth', 'users', 'movies']
  const before = await Promise.all(names.map(statementsOf))
  const answer = await platform.ask(query)
  expect(answer.errors).toEqual([])
  const after = await Promise.all(names.map(statementsOf))
  return Object.fromEntries(names.map((name, n) => [name, (after[n] ?? 0) - (before[n] ?? 0)]))
}

const page = (first: number) =>
  `{ movies(first: ${first}) { nodes { title reviews(first: 3) { nodes { stars author { name } } } } } }`

test("movies, their reviews, and the reviews' authors: two statements in movies, one in users", async () => {
  await costOf(page(20)) // profiles that users has never met are fetched from auth once
  expect(await costOf(page(20))).toEqual({ auth: 0, users: 1, movies: 2 })
})

test('more rows cost no more statements', async () => {
  expect(await costOf(page(100))).toEqual(await costOf(page(2)))
})
