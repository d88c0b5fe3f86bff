import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { startPlanner } from './planner-pool.ts'
import { booksSupergraph, plannerConfig } from './testing/planner-supergraphs.ts'
import { warmPlans } from './warm-plans.ts'

const options = { warmTimeoutMs: 5000, atOnce: 1 }

describe('warmPlans', () => {
  test('goes through the sources in order, so many at once, and passes over what is refused', async () => {
    const begun: number[] = []
    let running = 0
    let mostRunning = 0
    const planFor = async (source: number): Promise<void> => {
      begun.push(source)
      running += 1
      mostRunning = Math.max(mostRunning, running)
      await wait(1)
      running -= 1
      if (source % 5 === 0) throw new Error('no longer valid')
    }
    const sources = Array.from({ length: 20 }, (_, index) => index)
    expect(await warmPlans(sources, planFor, { ...options, atOnce: 3 })).toEqual({
      planned: 16,
      refused: 4,
      left: 0,
    })
    expect(begun).toEqual(sources)
    expect(mostRunning).toBe(3)
  })

  test('ends when its time is over, in mid-plan too, and begins nothing more', async () => {
    const begun: number[] = []
    const slow = Promise.withResolvers<void>()
    const planFor = (source: number): unknown => {
      begun.push(source)
      return source === 2 ? slow.promise : undefined
    }
    const warmed = await warmPlans([0, 1, 2, 3, 4], planFor, { ...options, warmTimeoutMs: 200 })
    expect(warmed).toEqual({ planned: 2, refused: 0, left: 3 })
    slow.resolve()
    await wait(20)
    expect(begun).toEqual([0, 1, 2])
  })

  test('lets requests be served though nothing has to be waited for', async () => {
    let turns = 0
    const count = setInterval(() => (turns += 1), 0)
    await warmPlans(
      Array.from({ length: 200 }, () => 1),
      () => {
        const until = performance.now() + 0.5
        while (performance.now() < until);
      },
      options,
    )
    clearInterval(count)
    expect(turns).toBeGreaterThan(20)
  })

  test('makes way for what somebody waits for', async () => {
    const planner = await startPlanner(booksSupergraph(), plannerConfig())
    let warmedSoFar = 0
    const warming = warmPlans(
      Array.from({ length: 200 }, (_, index) => `query W${index} { books { title shipping } }`),
      async document => {
        await planner.plan(document, [], { background: true })
        warmedSoFar += 1
      },
      { ...options, atOnce: 50 },
    )
    await wait(5)
    await planner.plan('{ cheapest { title } }', [])
    expect(warmedSoFar).toBeLessThan(150)
    expect(await warming).toEqual({ planned: 200, refused: 0, left: 0 })
    await planner.close()
  })
})
