import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import type { GatewayConfig } from '../config.ts'
import { startPlanner } from './planner-pool.ts'
import type { Planner } from './planner.ts'
import {
  bomb,
  booksSupergraph,
  plannerConfig,
  recursiveSupergraph,
  withoutBounds,
} from './testing/planner-supergraphs.ts'

const recursive = recursiveSupergraph()
const easy = '{ node { v } }'
const easyPlan = { kind: 'QueryPlan', node: { kind: 'Fetch', serviceName: 'd' } }

const withPlanner = async (
  changes: Partial<GatewayConfig['planner']>,
  use: (planner: Planner) => Promise<void>,
): Promise<void> => {
  const planner = await startPlanner(recursive, plannerConfig({ ...withoutBounds, ...changes }))
  try {
    await use(planner)
  } finally {
    await planner.close()
  }
}

const tookMs = async (work: Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work
  return performance.now() - started
}

/**
 * The longest that one turn of the event loop computed. By the CPU time of this thread: how long the machine lets it
 * wait depends on what else runs there.
 */
const watchTurns = async (work: () => Promise<unknown>): Promise<{ longestMs: number }> => {
  let longestMs = 0
  let isOver = false
  let before = process.threadCpuUsage()
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(before)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    before = process.threadCpuUsage()
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isOver = true
  return { longestMs }
}

const planOnce = fileURLToPath(new URL('testing/plan-once.ts', import.meta.url))

/** A process that has ended may be listed until whoever inherited it (process 1) takes note. */
const isGone = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() === '' || stdout.trim().startsWith('Z')
}

const until = async (isSo: () => boolean, withinMs: number): Promise<void> => {
  const endsAt = performance.now() + withinMs
  while (!isSo()) {
    if (performance.now() > endsAt) throw new Error(`not so within ${withinMs} ms`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describe('a planning process that hangs', () => {
  test('is killed at timeoutMs and replaced; what waited behind it is planned', () =>
    withPlanner({ timeoutMs: 500 }, async planner => {
      const bombed = expect(planner.plan(bomb(), [])).rejects.toMatchObject({
        code: 'QUERY_PLANNING_TIMED_OUT',
        details: { timeoutMs: 500 },
      })
      const behind = [planner.plan(easy, []), planner.plan(`query Other ${easy}`, [])]
      const failedAfterMs = await tookMs(bombed)
      expect(failedAfterMs).toBeGreaterThan(400)
      expect(failedAfterMs).toBeLessThan(3000)
      expect(await Promise.all(behind)).toMatchObject([easyPlan, easyPlan])
    }))

  test('does not hold up the others', () =>
    withPlanner({ timeoutMs: 20_000, workers: 2 }, async planner => {
      const bombed = expect(planner.plan(bomb(), [])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
      expect(await planner.plan(easy, [])).toMatchObject(easyPlan)
      expect(await planner.plan(`query Other ${easy}`, [])).toMatchObject(easyPlan)
      await planner.close()
      await bombed
    }))

  test('time in the queue is not counted: who waits behind is not to blame', () =>
    withPlanner({ timeoutMs: 500 }, async planner => {
      const bombs = ['A', 'B'].map(name => planner.plan(bomb(name), []))
      const last = planner.plan(easy, [])
      const outcomes = await Promise.allSettled(bombs)
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(await last).toMatchObject(easyPlan)
    }))
})

describe('a planning process that dies', () => {
  test(
    'of hunger loses the plan it was on and no other, and is replaced each time',
    () =>
      withPlanner({ maxHeapMb: 30, timeoutMs: 50_000 }, async planner => {
        const bombs = ['A', 'B'].map(name => planner.plan(bomb(name), []))
        const behind = planner.plan(easy, [])
        const message = 'the planning process needed more than 30 MB (gateway.planner.maxHeapMb)'
        expect(await Promise.allSettled(bombs)).toMatchObject(
          bombs.map(() => ({ reason: { code: 'QUERY_PLANNING_FAILED', cause: { message } } })),
        )
        expect(await behind).toMatchObject(easyPlan)
      }),
    60_000,
  )

  test('of hunger, too fast for V8 to break the plan off, leaves the gateway alone and its log clean', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [planOnce, 'starves'])
    const reason = 'the planning process needed more than 64 MB (gateway.planner.maxHeapMb)'
    expect(JSON.parse(stdout).said).toEqual([
      ...Array.from({ length: 2 }, () => `QUERY_PLANNING_FAILED: ${reason}`),
      'planned',
    ])
    expect(stderr).toBe('')
  }, 60_000)

  test('before it ever planned makes the supergraph unfit, and says why', async () => {
    await expect(startPlanner(recursive, plannerConfig({ maxHeapMb: 8 }))).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      details: { reason: expect.stringContaining('maxHeapMb') },
    })
  })
})

describe('a planner with too much to do', () => {
  test('refuses what exceeds maxQueued at once', () =>
    withPlanner({ maxQueued: 2 }, async planner => {
      const accepted = ['A', 'B', 'C'].map(name => planner.plan(bomb(name), []))
      const settled = Promise.allSettled(accepted)
      expect(
        await tookMs(
          expect(planner.plan(easy, [])).rejects.toMatchObject({
            code: 'QUERY_PLANNER_BUSY',
            details: { waiting: 2 },
          }),
        ),
      ).toBeLessThan(1000)
      await planner.close()
      expect(await settled).toMatchObject(accepted.map(() => ({ reason: { code: 'SHUTTING_DOWN' } })))
    }))

  test('plans what somebody waits for before what nobody waits for', () =>
    withPlanner({}, async planner => {
      const order: string[] = []
      const plan = async (name: string, background: boolean): Promise<void> => {
        await planner.plan(`query ${name} ${easy}`, [], { background })
        order.push(name)
      }
      await Promise.all([
        plan('First', true), // the process is free: it begins at once
        plan('Later', true),
        plan('Wanted', true),
        plan('Client', false),
        plan('Wanted', false), // now somebody waits for it
      ])
      expect(order).toEqual(['First', 'Client', 'Wanted', 'Wanted', 'Later'])
    }))

  test('does not hold up the event loop', async () => {
    const planner = await startPlanner(booksSupergraph(), plannerConfig())
    // A busy machine holds up one round or another; work that does not belong here holds up each.
    let leastMs = Infinity
    for (let round = 0; round < 3 && leastMs >= 50; round += 1) {
      const { longestMs } = await watchTurns(() =>
        Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            planner.plan(`query Q${round}x${index} { books { title shipping } }`, []),
          ),
        ),
      )
      leastMs = Math.min(leastMs, longestMs)
    }
    await planner.close()
    expect(leastMs).toBeLessThan(50)
  })
})

describe('the end of a planner', () => {
  test('comes at once in mid-plan; afterwards it refuses', async () => {
    const planner = await startPlanner(recursive, plannerConfig(withoutBounds))
    const bombed = expect(planner.plan(bomb(), [])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    expect(await tookMs(planner.close())).toBeLessThan(3000)
    await bombed
    await expect(planner.plan(easy, [])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await planner.close()
  })

  test.each([
    ['idle, and nobody closed it', 'idle', 1],
    ['in mid-plan, and the process exits', 'exits', 1],
    ['closed in mid-plan', 'closes', 0],
  ])('does not hold up the process that it plans for: %s', async (_, part, running) => {
    const { stdout } = await promisify(execFile)(process.execPath, [planOnce, part])
    const done = JSON.parse(stdout)
    expect(done).toMatchObject({ pids: [expect.any(Number)], running })
    expect(Date.now() - done.doneAt).toBeLessThan(2000)
    await until(() => done.pids.every(isGone), 1000)
  })

  test.each([
    ['idle: at once', 'isKilledIdle', 1000],
    ['in mid-plan: when its time is up', 'isKilled', 5000],
  ])('comes when the process that it plans for is killed. %s', async (_, part, withinMs) => {
    const error = await promisify(execFile)(process.execPath, [planOnce, part]).catch(
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ signal: 'SIGKILL' })
    const { pids, running } = JSON.parse((error as { stdout: string }).stdout)
    expect({ running, processes: pids.length }).toEqual({ running: 1, processes: 1 })
    await until(() => pids.every(isGone), withinMs)
  })
})
