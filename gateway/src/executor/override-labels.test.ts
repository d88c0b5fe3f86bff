import { anonymous, type Identity } from '@marquee/contract'
import { describe, expect, test } from '@jest/globals'
import { labelDecider } from './override-labels.ts'

const user = (subject: string): Identity => ({ ...anonymous, subject, tier: 'user' })

const isOn = (label: string, rules: Parameters<typeof labelDecider>[1], identity: Identity): boolean =>
  labelDecider([label], rules)({ identity, requestId: 'one request' }).includes(label)

describe('labels of @override', () => {
  test('percent(n) is on for about that share of callers, and for each always the same', () => {
    const callers = Array.from({ length: 2000 }, (_, number) => user(`User_${number}`))
    const on = callers.filter(caller => isOn('percent(20)', {}, caller))
    expect(on.length).toBeGreaterThan(320)
    expect(on.length).toBeLessThan(480)
    expect(callers.filter(caller => isOn('percent(20)', {}, caller))).toEqual(on)
  })

  test.each<[string, Parameters<typeof labelDecider>[1], boolean]>([
    ['percent(0)', {}, false],
    ['percent(100)', {}, true],
    ['beta', {}, false],
    ['beta', { beta: { percent: 100 } }, true],
    ['beta', { beta: { tiers: ['user'] } }, true],
    ['beta', { beta: { tiers: ['partner'] } }, false],
    ['beta', { beta: { clients: ['Client_1'] } }, true],
    ['beta', { beta: { clients: ['Client_2'] } }, false],
    ['percent(100)', { 'percent(100)': { percent: 0 } }, false],
  ])('%s by the rules %j: %s', (label, rules, expected) => {
    expect(isOn(label, rules, { ...user('User_1'), client: 'Client_1' })).toBe(expected)
  })

  test('are sorted, so that one set is one key', () => {
    const labelsFor = labelDecider(['percent(100)', 'a', 'b'], { b: { percent: 100 }, a: { percent: 100 } })
    expect(labelsFor({ identity: anonymous, requestId: 'r' })).toEqual(['a', 'b', 'percent(100)'])
  })
})
