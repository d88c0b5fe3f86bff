import { expect, test } from '@jest/globals'
import { planQueue } from './plan-queue.ts'

test('planQueue: in order of arrival, the background last, what is promoted behind what was there', () => {
  const queue = planQueue<string>()
  queue.add('later', { background: true })
  queue.add('wanted', { background: true })
  queue.add('client', { background: false })
  queue.promote('wanted')
  queue.promote('client')
  queue.promote('stranger')
  expect(queue.size()).toBe(3)
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
    'client',
    'wanted',
    'later',
    undefined,
  ])
})
