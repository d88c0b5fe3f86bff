import { expect, test } from '@jest/globals'
import { GraphQLError } from 'graphql'
import { errorCatalogue, isErrorCode, MarqueeError } from './index.ts'

test('message and mend are filled with the details', () => {
  const error = new MarqueeError('PORT_IN_USE', { port: 4000 })
  expect(error.message).toBe('Port 4000 is in use by another program.')
  expect(error).toMatchObject({ code: 'PORT_IN_USE', status: 500, extensions: { code: 'PORT_IN_USE' } })
})

test('graphql-js carries code and mend to the client', () => {
  const error = new GraphQLError('x', { originalError: new MarqueeError('NOT_FOUND', { type: 'Movie' }) })
  expect(error.extensions).toMatchObject({ code: 'NOT_FOUND', mend: expect.stringMatching(/deleted/) })
})

test('each entry says what it means and how to mend it, with a status of HTTP', () => {
  for (const [code, entry] of Object.entries(errorCatalogue)) {
    expect([code, entry.means.length > 10, entry.mend.length > 10]).toEqual([code, true, true])
    expect([code, entry.status >= 200 && entry.status < 600]).toEqual([code, true])
  }
})

test('only codes of the catalogue count as codes', () => {
  expect(isErrorCode('NOT_FOUND')).toBe(true)
  expect(isErrorCode('toString')).toBe(false)
})
