import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { readPage, readSize, toConnection } from './paging.ts'

const cursor = z.tuple([z.string(), z.int()])
type Row = Readonly<{ name: string; n: number }>

const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : Number(a.name > b.name)) || a.n - b.n

/** What a database does with `limit` and `after`. */
const ask = (rows: readonly Row[], args: { first: number; after?: string | null }) => {
  const { limit, after } = readPage(args, { cursor })
  const isAfter = (row: Row): boolean => after === null || byName(row, { name: after[0], n: after[1] }) > 0
  const found = rows
    .toSorted(byName)
    .filter(isAfter)
    .slice(0, limit + 1)
  return toConnection(found, {
    limit,
    after,
    cursorOf: ({ name, n }) => [name, n] as [string, number],
    nodeOf: row => row,
    edge: ({ n }) => ({ n }),
    totalCount: rows.length,
  })
}

test('following endCursor gives every row once and in order, whatever the page size', () => {
  const rows = fc.uniqueArray(fc.record({ name: fc.string(), n: fc.integer() }), {
    selector: ({ name, n }) => `${n} ${name}`,
    maxLength: 30,
  })
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 10 }), (all, first) => {
      const seen: Row[] = []
      let after: string | null = null
      for (;;) {
        const page = ask(all, { first, after })
        seen.push(...page.nodes)
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null)
        expect(page.nodes.length).toBeLessThanOrEqual(first)
        expect(page.edges.map(edge => [edge.node, edge.n])).toEqual(page.nodes.map(node => [node, node.n]))
        after = page.pageInfo.endCursor
        if (!page.pageInfo.hasNextPage) break
      }
      expect(seen).toEqual(all.toSorted(byName))
    }),
    { numRuns: 100 },
  )
})

test('an empty page has no cursors', () => {
  expect(ask([], { first: 3 })).toEqual({
    edges: [],
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    totalCount: 0,
  })
})

test('totalCount is left out when nobody can count', () => {
  const page = toConnection([], { limit: 1, after: null, cursorOf: () => [], nodeOf: () => null })
  expect(page).not.toHaveProperty('totalCount')
})

describe('what is out of range', () => {
  test.each([0, -1, 101, 1.5, NaN])('first: %d', first => {
    expect(() => readPage({ first }, { cursor })).toThrow(
      expect.objectContaining({
        code: 'PAGE_SIZE_OUT_OF_RANGE',
        details: { argument: 'first', value: first, max: 100 },
      }),
    )
  })

  test('a bound of its own, an argument of its own', () => {
    expect(readPage({ first: 500 }, { cursor, max: 500 })).toEqual({ limit: 500, after: null })
    expect(readSize(7, { argument: 'top', max: 7 })).toBe(7)
    expect(() => readSize(8, { argument: 'top', max: 7 })).toThrow('`top: 8` is out of range: 1 to 7.')
  })

  test.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['a cursor of another list', Buffer.from('[1]').toString('base64url')],
    ['nothing', ''],
  ])('a cursor that is %s', (_name, after) => {
    expect(() => readPage({ first: 1, after }, { cursor })).toThrow(
      expect.objectContaining({ code: 'INVALID_CURSOR' }),
    )
  })

  test('any text as a cursor is a position or INVALID_CURSOR', () => {
    fc.assert(
      fc.property(fc.string(), after => {
        try {
          expect(readPage({ first: 1, after }, { cursor }).limit).toBe(1)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_CURSOR' })
        }
      }),
    )
  })
})
