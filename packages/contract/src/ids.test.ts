import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeId, encodeId, uuidFromName } from './index.ts'

test('an id decodes to the UUID it was made from, for every UUID and type', () =>
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom('Movie', 'User', 'ApiClient'), (uuid, type) => {
      expect(decodeId(type, encodeId(type, uuid))).toBe(uuid)
    }),
  ))

test('an id of another type is refused by name', () => {
  const id = encodeId('Person', uuidFromName('Person', 'Ridley Scott'))
  expect(() => decodeId('Movie', id)).toThrow(`"${id}" is not the id of a Movie.`)
})

test('no other text passes for an id: each row has exactly one', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String().map(text => `Movie_${text}`),
      ),
      text => {
        try {
          const uuid = decodeId('Movie', text)
          expect(encodeId('Movie', uuid)).toBe(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_ID' })
        }
      },
    ),
  ))

test('a name always gives the same UUID, and another type another one', () => {
  expect(uuidFromName('Genre', 'Drama')).toBe(uuidFromName('Genre', 'Drama'))
  expect(uuidFromName('Genre', 'Drama')).not.toBe(uuidFromName('Person', 'Drama'))
  expect(uuidFromName('Genre', 'Drama')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/)
})
