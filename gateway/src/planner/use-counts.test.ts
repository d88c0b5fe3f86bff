import { describe, expect, test } from '@jest/globals'
import { useCounts } from './use-counts.ts'

describe('useCounts', () => {
  test('a flood of what is used once takes nothing that is used often with it', () => {
    const counts = useCounts<string>(1000)
    for (const popular of ['a', 'b', 'c']) counts.of(popular, popular, 10).count += 5
    for (let index = 0; index < 1000; index += 1) {
      counts.of(`once ${index}`, `once ${index}`, 10).count += 1
      expect(counts.bytes()).toBeLessThanOrEqual(1000)
    }
    expect(counts.mostUsed(3)).toEqual(['a', 'b', 'c'])
  })

  test('one key has one count', () => {
    const counts = useCounts<string>(1000)
    const use = counts.of('a', 'a', 10)
    expect(counts.of('a', 'a', 10)).toBe(use)
    expect(counts.bytes()).toBe(10)
  })

  test('what is larger than half of the whole is not counted', () => {
    const counts = useCounts<string>(100)
    counts.of('huge', 'huge', 51).count += 9
    counts.of('a', 'a', 10).count += 1
    expect(counts.mostUsed(9)).toEqual(['a'])
  })
})
