import { expect, test } from '@jest/globals'
import { oneEachTurn } from './one-each-turn.ts'

test('runs one piece in each turn, in order, past those that throw', async () => {
  const inTurn = oneEachTurn()
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const refused = new Error('refused')
  const outcomes = await Promise.allSettled([
    inTurn(() => turn),
    inTurn(() => {
      throw refused
    }),
    inTurn(() => turn),
    inTurn(() => turn),
  ])
  isOver = true
  expect(outcomes[1]).toEqual({ status: 'rejected', reason: refused })
  const turns = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(turns).toHaveLength(3)
  expect(new Set(turns).size).toBe(3)
  expect(turns).toEqual(turns.toSorted((a, b) => a - b))
})
