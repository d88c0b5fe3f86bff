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
  else expect(negotiate(accept)).toBe(type)
})
