import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseValue as parseLiteralText } from 'graphql'
import { scalars } from './scalars.ts'

const { DateTime, Date: Day, SafeInt } = scalars

test('a moment survives the way out and in', () => {
  const moments = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(moments, at => {
      expect(DateTime.parseValue(DateTime.serialize(at))).toEqual(at)
      expect(Day.parseValue(Day.serialize(at))).toBe(at.toISOString().slice(0, 10))
    }),
  )
})

describe('DateTime', () => {
  test.each([
    ['2026-11-24T20:15:00Z', '2026-11-24T20:15:00.000Z'],
    ['2026-11-24T20:15:00.5+02:00', '2026-11-24T18:15:00.500Z'],
  ])('reads %s', (text, iso) => {
    expect(DateTime.parseValue(text).toISOString()).toBe(iso)
    expect(DateTime.parseLiteral(parseLiteralText(`"${text}"`), {}).toISOString()).toBe(iso)
  })
  test.each([
    '2026-11-24',
    '2026-11-24T20:15:00',
    '2026-02-30T00:00:00Z',
    '2026-11-24T25:00:00Z',
    'now',
    5,
    null,
  ])('refuses %j', value => {
    expect(() => DateTime.parseValue(value)).toThrow(
      expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
    )
  })
})

describe('Date', () => {
  test.each(['2024-02-29', '0001-01-01'])('reads %s', day => {
    expect(Day.parseValue(day)).toBe(day)
    expect(Day.parseLiteral(parseLiteralText(`"${day}"`), {})).toBe(day)
  })
  test.each(['2023-02-29', '2026-1-1', '2026-11-24T00:00:00Z', '', 20261124])('refuses %j', value => {
    expect(() => Day.parseValue(value)).toThrow('as in "2026-11-24"')
  })
})

describe('SafeInt', () => {
  test('reads and gives whole numbers of 53 bits', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), n => expect(SafeInt.parseValue(n)).toBe(n)))
    expect(SafeInt.parseLiteral(parseLiteralText('9007199254740991'), {})).toBe(Number.MAX_SAFE_INTEGER)
    expect([SafeInt.serialize('12'), SafeInt.serialize(12n)]).toEqual([12, 12])
  })
  test.each([2 ** 53, 1.5, NaN, '1', true])('refuses %j', value => {
    expect(() => SafeInt.parseValue(value)).toThrow('whole number')
  })
})

test('a value that a resolver got wrong is not the fault of the caller', () => {
  for (const give of [
    () => DateTime.serialize('yesterday'),
    () => Day.serialize(5),
    () => SafeInt.serialize(2n ** 60n),
    () => SafeInt.serialize(''),
  ]) {
    expect(give).toThrow(TypeError)
  }
})
