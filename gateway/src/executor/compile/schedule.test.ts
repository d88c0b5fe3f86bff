import { describe, expect, test } from '@jest/globals'
import type { FetchNode, PlanNode } from '../../planner/query-plan.ts'
import { planFetches } from './plan-fetches.ts'
import { schedule } from './schedule.ts'

const fetch = (serviceName: string, own: Partial<FetchNode> = {}): FetchNode => ({
  kind: 'Fetch',
  serviceName,
  operation: '{ a }',
  operationKind: 'query',
  ...own,
})
const entity = (serviceName: string): PlanNode => ({
  kind: 'Flatten',
  path: ['a'],
  node: fetch(serviceName, { requires: [] }),
})
const mutation = (serviceName: string): PlanNode => fetch(serviceName, { operationKind: 'mutation' })
const sequence = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes })
const parallel = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes })

/** Each call as `subgraph(fetches) < calls before it`. */
const calls = (root: PlanNode): readonly string[] => {
  const fetches = planFetches(root)
  return schedule(fetches).map(({ fetches: numbers, after }) => {
    const name = fetches[numbers[0] ?? 0]?.node.serviceName ?? ''
    return `${name}(${numbers.join()}) < ${after.join()}`
  })
}

describe('the calls of a plan', () => {
  test('what is ready at one time for one subgraph is one call', () => {
    expect(calls(sequence(fetch('a'), parallel(entity('b'), entity('c'), entity('b'))))).toEqual([
      'a(0) < ',
      'b(1,3) < 0',
      'c(2) < 0',
    ])
  })

  test('an entity fetch that nothing waits for joins a later call to its subgraph', () => {
    expect(calls(sequence(fetch('a'), parallel(sequence(entity('c'), entity('b')), entity('b'))))).toEqual([
      'a(0) < ',
      'c(1) < 0',
      'b(2,3) < 1,0',
    ])
  })

  test('one that something waits for does not', () => {
    expect(calls(sequence(fetch('a'), entity('b'), entity('c'), entity('b')))).toEqual([
      'a(0) < ',
      'b(1) < 0',
      'c(2) < 1',
      'b(3) < 2',
    ])
  })

  test('mutations are sent one after the other, each alone', () => {
    expect(calls(sequence(mutation('a'), mutation('a'), mutation('b')))).toEqual([
      'a(0) < ',
      'a(1) < 0',
      'b(2) < 1',
    ])
    expect(calls(parallel(mutation('a'), mutation('a')))).toEqual(['a(0) < ', 'a(1) < '])
  })

  test('nothing of a mutation is put off: what follows may change what it reads', () => {
    const late = parallel(entity('b'), sequence(entity('c'), entity('b')))
    expect(calls(sequence(mutation('a'), late))).toContain('b(1) < 0')
  })

  test('a plan node of unknown kind is an error', () => {
    const unknown = { kind: 'Defer' } as unknown as PlanNode
    expect(() => planFetches(sequence(fetch('a'), unknown))).toThrow(
      expect.objectContaining({ code: 'QUERY_PLANNING_FAILED' }),
    )
  })
})
