import { describe, expect, test } from '@jest/globals'
import { MarqueeError, type ErrorCode } from '@marquee/contract'
import { planCache, type Made } from './plan-cache.ts'

const made = (value: string, bytes = 10): Made<string, string> => ({
  value,
  bytes,
  again: { source: `source of ${value}`, bytes: 10 },
})

const counting = (value: string, bytes?: number) => {
  const make = async (): Promise<Made<string, string>> => {
    make.calls += 1
    return made(value, bytes)
  }
  make.calls = 0
  return make
}

const failing = (code: ErrorCode) => {
  const make = (): Promise<Made<string, string>> => {
    make.calls += 1
    return Promise.reject(new MarqueeError(code))
  }
  make.calls = 0
  return make
}

describe('planCache', () => {
  test('what is there needs no waiting', async () => {
    const cache = planCache<string, string>({ maxBytes: 1000 })
    expect(await cache.get('a', counting('A'))).toBe('A')
    const again = counting('not A')
    expect(cache.get('a', again)).toBe('A')
    expect(again.calls).toBe(0)
  })

  test('equal keys at one time are made once', async () => {
    const cache = planCache<string, string>({ maxBytes: 1000 })
    const make = counting('A')
    expect(await Promise.all([cache.get('a', make), cache.get('a', make), cache.get('b', make)])).toEqual([
      'A',
      'A',
      'A',
    ])
    expect(make.calls).toBe(2)
  })

  test('lets go of what was used longest ago, and keeps nothing beyond its bytes', async () => {
    const cache = planCache<string, string>({ maxBytes: 1000 })
    for (const key of ['a', 'b', 'c', 'd']) await cache.get(key, counting(key, 200))
    await cache.get('a', counting('a'))
    await cache.get('e', counting('e', 200))
    expect(cache.bytes()).toBeLessThanOrEqual(1000)
    const a = counting('a')
    const b = counting('b')
    await Promise.all([cache.get('a', a), cache.get('b', b)])
    expect([a.calls, b.calls]).toEqual([0, 1])
  })

  test.each([
    ['QUERY_PLANNING_FAILED', 5000],
    ['QUERY_PLANNING_TIMED_OUT', 30_000],
  ] as const)('remembers %s for %d ms', async (code, ms) => {
    let now = 0
    const cache = planCache<string, string>({ maxBytes: 10_000, now: () => now })
    const make = failing(code)
    await expect(cache.get('bomb', make)).rejects.toMatchObject({ code })
    now = ms - 1
    await expect(cache.get('bomb', make)).rejects.toMatchObject({ code })
    expect(make.calls).toBe(1)
    now = ms
    expect(await cache.get('bomb', counting('mended'))).toBe('mended')
    expect(cache.get('bomb', make)).toBe('mended')
  })

  test.each(['SHUTTING_DOWN', 'QUERY_PLANNER_BUSY'] as const)('does not remember %s', async code => {
    const cache = planCache<string, string>({ maxBytes: 10_000 })
    await expect(cache.get('a', failing(code))).rejects.toMatchObject({ code })
    expect(await cache.get('a', counting('A'))).toBe('A')
  })

  test('what throws before it is a promise fails the same way', async () => {
    const cache = planCache<string, string>({ maxBytes: 1000 })
    const make = (): never => {
      throw new TypeError('a bug')
    }
    await expect(cache.get('a', make)).rejects.toThrow('a bug')
    expect(await cache.get('a', counting('A'))).toBe('A')
  })

  test('lists what is used most, evicted or not', async () => {
    const cache = planCache<string, string>({ maxBytes: 400 })
    for (const [key, uses] of Object.entries({ seldom: 1, often: 5, sometimes: 3 }))
      for (let use = 0; use < uses; use += 1) await cache.get(key, counting(key, 200))
    await cache.get('not again', async () => ({ value: '', bytes: 10 }))
    expect(cache.mostUsed(2)).toEqual(['source of often', 'source of sometimes'])
    expect(cache.mostUsed(9)).toEqual(['source of often', 'source of sometimes', 'source of seldom'])
  })
})
