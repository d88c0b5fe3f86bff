import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { byteLru } from './byte-lru.ts'

describe('byteLru', () => {
  test('lets go of what was used longest ago', () => {
    const cache = byteLru<number>(30)
    cache.set('a', 1, 10)
    cache.set('b', 2, 10)
    cache.set('c', 3, 10)
    cache.get('a')
    cache.set('d', 4, 10)
    expect(['a', 'b', 'c', 'd'].map(cache.get)).toEqual([1, undefined, 3, 4])
  })

  test('does not keep what is larger than the whole, nor its older value', () => {
    const cache = byteLru<string>(10)
    cache.set('a', 'small', 5)
    cache.set('a', 'huge', 11)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.bytes()).toBe(0)
  })

  test('never holds more than its bytes, and always the latest that fits', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 0, max: 12 })), {
          maxLength: 60,
        }),
        steps => {
          const cache = byteLru<number>(20)
          for (const [index, [key, bytes]] of steps.entries()) {
            cache.set(key, index, bytes)
            expect(cache.bytes()).toBeLessThanOrEqual(20)
            expect(cache.get(key)).toBe(index)
          }
        },
      ),
    ))
})
