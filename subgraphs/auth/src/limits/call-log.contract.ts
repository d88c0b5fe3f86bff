import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { CallLog } from './call-log.ts'

/** What every call log must do. @param open  an empty one; called once */
export const callLogContract = (name: string, open: () => Promise<CallLog>): void =>
  describe(`${name} keeps the call log contract`, () => {
    let log: CallLog
    beforeAll(async () => {
      log = await open()
    })
    afterAll(async () => log?.close())

    test('it records calls up to the limit, and tells when those before were', async () => {
      const limit = { max: 2, windowSeconds: 60 }
      const before = Date.now()
      expect(await log.record('up-to-limit', limit)).toEqual([])
      const one = await log.record('up-to-limit', limit)
      expect(one).toHaveLength(1)
      expect(one[0]).toBeGreaterThanOrEqual(before)
      expect(one[0]).toBeLessThanOrEqual(Date.now())
      for (let call = 0; call < 3; call += 1) {
        const two = await log.record('up-to-limit', limit)
        expect(two).toHaveLength(2)
        expect(two.toSorted((a, b) => a - b)).toEqual(two)
      }
    })

    test('keys do not count for one another', async () => {
      const limit = { max: 1, windowSeconds: 60 }
      for (const key of ['a', 'A', 'a:b', '__proto__', 'constructor']) {
        expect(await log.record(key, limit)).toEqual([])
      }
    })

    test('of many calls at the same time it records no more than the limit', async () => {
      const limit = { max: 5, windowSeconds: 60 }
      const seen = await Promise.all(Array.from({ length: 50 }, () => log.record('at-once', limit)))
      expect(seen.filter(times => times.length < 5)).toHaveLength(5)
    })

    test('calls leave the window one by one, refused ones do not lengthen it', async () => {
      const limit = { max: 1, windowSeconds: 1 }
      expect(await log.record('window', limit)).toHaveLength(0)
      await sleep(500)
      expect(await log.record('window', limit)).toHaveLength(1)
      await sleep(600)
      expect(await log.record('window', limit)).toHaveLength(0)
    })
  })
