import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { suffixVariables } from './suffix-variables.ts'

test('names get the suffix, values stay as they are written', () => {
  expect(suffixVariables('"a":1.50,"b": "x\\",\\"y\\":1","c":{"a":[{"b":"}"}]},"d":"\\\\"', '_1')).toBe(
    '"a_1":1.50,"b_1": "x\\",\\"y\\":1","c_1":{"a":[{"b":"}"}]},"d_1":"\\\\"',
  )
  expect(suffixVariables('', '_1')).toBe('')
  expect(suffixVariables('"big":12345678901234567890', '_0')).toBe('"big_0":12345678901234567890')
})

test('a string without an end is an error', () => {
  expect(() => suffixVariables('"a":"x', '_1')).toThrow(SyntaxError)
})

test('any variables: the same object under other names', () => {
  const names = fc.stringMatching(/^[_A-Za-z][_0-9A-Za-z]{0,8}$/).filter(name => name !== '__proto__')
  fc.assert(
    fc.property(fc.dictionary(names, fc.jsonValue()), fc.boolean(), (variables, spaced) => {
      const members = JSON.stringify(variables, null, spaced ? 2 : 0).slice(1, -1)
      const renamed = JSON.parse(`{${suffixVariables(members, '_7')}}`)
      const text = JSON.stringify(variables)
      const expected = Object.entries(JSON.parse(text)).map(([name, value]) => [`${name}_7`, value])
      expect(renamed).toEqual(Object.fromEntries(expected))
    }),
  )
})
