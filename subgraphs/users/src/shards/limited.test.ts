import { setTimeout as after } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { limited } from './limited.ts'

test('so many run at a time and no more, in turn; one that fails makes room too', async () => {
  const atMostTwo = limited(2)
  let running = 0
  let most = 0
  const order: number[] = []
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, (_, n) =>
      atMostTwo(async () => {
        order.push(n)
        most = Math.max(most, (running += 1))
        await after(1)
        running -= 1
        if (n % 3 === 0) throw new Error('no')
        return n
      }),
    ),
  )
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(3)
})
