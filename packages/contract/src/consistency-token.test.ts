import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeConsistencyToken, encodeConsistencyToken } from './index.ts'

const half = fc.integer({ min: 0, max: 0xffffffff }).map(n => n.toString(16).toUpperCase())
const position = fc.record({
  timeline: fc.integer({ min: 1, max: 1_000_000 }),
  lsn: fc.tuple(half, half).map(halves => halves.join('/')),
})
const token = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), position, { maxKeys: 8 })

test('a token arrives as it was sent', () =>
  fc.assert(
    fc.property(token, sent => {
      expect(decodeConsistencyToken(encodeConsistencyToken(sent))).toEqual(sent)
    }),
  ))

test('what is not a token counts as none', () =>
  fc.assert(
    fc.property(fc.string(), text => {
      expect(decodeConsistencyToken(text)).toEqual({})
    }),
  ))

test('a token may not grow without bound', () => {
  const many = Object.fromEntries(
    Array.from({ length: 65 }, (_, n) => [`db${n}`, { timeline: 1, lsn: '0/1' }]),
  )
  expect(decodeConsistencyToken(encodeConsistencyToken(many))).toEqual({})
})
