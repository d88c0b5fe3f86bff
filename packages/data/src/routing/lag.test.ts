import { expect, test } from '@jest/globals'
import { WriterHistory } from './lag.ts'

test('lag is the age of the oldest thing that is missing', () => {
  const history = new WriterHistory()
  history.add(1, 0, 100n)
  history.add(1, 50, 200n)
  // At rest: no news.
  history.add(1, 1000, 200n)
  history.add(1, 1100, 300n)
  expect(history.lagMs(300n, 1200)).toBe(0)
  expect(history.lagMs(250n, 1200)).toBe(100)
  expect(history.lagMs(200n, 1200)).toBe(100)
  expect(history.lagMs(150n, 1200)).toBe(1150)
  expect(history.lagMs(0n, 1200)).toBe(1200)
})

test('a new timeline begins a new history: its positions are not those of the old one', () => {
  const history = new WriterHistory()
  history.add(1, 0, 500n)
  history.add(2, 10, 400n)
  expect(history.lagMs(400n, 1000)).toBe(0)
})

test('only so much is kept', () => {
  const history = new WriterHistory()
  for (let at = 0; at < 1000; at += 1) history.add(1, at, BigInt(at + 1))
  expect(history.lagMs(0n, 1000)).toBe(1000 - 872)
})
