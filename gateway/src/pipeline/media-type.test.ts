import { expect, test } from '@jest/globals'
import { negotiate } from './media-type.ts'

const modern = 'application/graphql-response+json'
const legacy = 'application/json'

test.each([
  [undefined, legacy],
  ['', legacy],
  ['*/*', legacy],
  ['application/*', legacy],
  [legacy, legacy],
  [modern, modern],
  [`${modern}; charset=utf-8`, modern],
  [`${modern}, ${legacy};q=0.9`, modern],
  [`${legacy}, ${modern}`, legacy],
  [`${legacy};q=0.5, ${modern};q=0.8`, modern],
  [`text/html, ${modern};q=0`, undefined],
  ['text/html, */*;q=0.1', legacy],
  ['APPLICATION/JSON', legacy],
  [`${modern};charset=latin1`, undefined],
  ['text/event-stream', undefined],
  [',;q=x,', undefined],
])('accept: %s', (accept, type) => {
  if (type === undefined)
    expect(() => negotiate(accept)).toThrow(expect.objectContaining({ code: 'NOT_ACCEPTABLE' }))
  else expect(negotiate(accept)).toEqual({ mediaType: type, isPartsOnly: false })
})

const old = { version: '20220824', contentType: 'multipart/mixed; boundary="-"; deferSpec=20220824' }
const named = { version: 'v0.2', contentType: 'multipart/mixed; boundary="-"; incrementalSpec=v0.2' }
const plain = { version: 'v0.2', contentType: 'multipart/mixed; boundary="-"' }

test.each([
  ['multipart/mixed;deferSpec=20220824, application/json', legacy, old],
  [`multipart/mixed; boundary="-"; deferSpec="20220824", ${modern}, ${legacy};q=0.9`, modern, old],
  [`multipart/mixed;incrementalSpec=v0.2,${modern},${legacy};q=0.9`, modern, named],
  ['application/json, multipart/mixed', legacy, plain],
  [`${modern}, application/graphql+json, ${legacy}, text/event-stream, multipart/mixed`, modern, plain],
  ['multipart/mixed;q=0.9, application/json', legacy, undefined],
  ['multipart/mixed;q=0, */*;q=0.5', legacy, undefined],
  ['multipart/mixed;q=0.5, application/json;q=0.4', legacy, plain],
  [
    'multipart/mixed;deferSpec=20220824;q=0.8, multipart/mixed;incrementalSpec=v0.2, */*;q=0.1',
    legacy,
    named,
  ],
  ['multipart/mixed;deferSpec=20220824, multipart/mixed;incrementalSpec=v0.2, */*', legacy, old],
  ['multipart/mixed;deferSpec=1999, application/json', legacy, undefined],
  ['multipart/mixed;incrementalSpec=v9, application/json', legacy, undefined],
  ['multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json', legacy, undefined],
  ['multipart/*, application/json', legacy, undefined],
])('parts: %s', (accept, mediaType, parts) => {
  expect(negotiate(accept)).toEqual({ mediaType, isPartsOnly: false, ...(parts !== undefined && { parts }) })
})

test('who takes parts only has them where there are any', () => {
  expect(negotiate('multipart/mixed')).toEqual({ mediaType: legacy, isPartsOnly: true, parts: plain })
  for (const accept of ['multipart/mixed', 'multipart/mixed;deferSpec=20220824']) {
    expect(() => negotiate(accept, false)).toThrow(expect.objectContaining({ code: 'NOT_ACCEPTABLE' }))
  }
  expect(() => negotiate('multipart/mixed;deferSpec=1')).toThrow(
    expect.objectContaining({ code: 'NOT_ACCEPTABLE' }),
  )
})
