import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { handleOfName } from './handle-of-name.ts'

describe('a handle made from a name', () => {
  test.each([
    ['Ada Lovelace', 'ada_lovelace'],
    ['  Zoë O’Neil ', 'zoe_o_neil'],
    ['Bo', 'user_bo'],
    ['李小龙', 'user'],
    ['x'.repeat(50), 'x'.repeat(30)],
  ])('%s: %s', (name, handle) => {
    expect(handleOfName(name, { unique: false })).toBe(handle)
  })

  test('keeps the rule for handles, whatever the name', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.boolean(), (name, unique) => {
        expect(handleOfName(name, { unique })).toMatch(/^[a-z0-9_]{3,30}$/)
      }),
    ))

  test('differs each time when it must be unique', () => {
    const unique = () => handleOfName('x'.repeat(50), { unique: true })
    expect(unique()).not.toBe(unique())
  })
})
