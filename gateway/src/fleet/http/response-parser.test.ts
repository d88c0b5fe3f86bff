import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { HttpError } from './http-error.ts'
import { type RawAnswer, ResponseParser } from './response-parser.ts'

const limit = 100_000

/** Gives `bytes` cut at these places, in a buffer that is written over each time, as a connection does. */
const readInPieces = (
  bytes: Buffer,
  cuts: readonly number[],
  parser: ResponseParser,
): RawAnswer | undefined => {
  const shared = Buffer.alloc(bytes.length + 10, '\r\n')
  const places = [...new Set([...cuts, bytes.length])].toSorted((a, b) => a - b)
  let answer: RawAnswer | undefined
  let from = 0
  for (const to of places) {
    if (to === from) continue
    bytes.copy(shared, 0, from, to)
    answer = parser.read(shared, to - from)
    shared.fill('\r\n')
    from = to
  }
  return answer ?? parser.finish()
}

const read = (text: string, cuts: readonly number[] = []): RawAnswer | undefined =>
  readInPieces(Buffer.from(text, 'latin1'), cuts, new ResponseParser(limit))

const textOf = (answer: RawAnswer | undefined): string | undefined => answer?.body.toString('utf8')

const everyByte = (text: string): number[] => Array.from({ length: text.length }, (_, index) => index)

const failureOf = (text: string, cuts: readonly number[] = []): string => {
  try {
    read(text, cuts)
    return 'none'
  } catch (error) {
    return (error as HttpError).kind
  }
}

/** Bytes of an answer and what they say. */
type Sample = Readonly<{ bytes: Buffer; status: number; body: string; isClean: boolean }>

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const fieldValue = fc.stringMatching(/^[!-~\u00a1-\u00ff]([\t -~\u00a0-\u00ff]{0,20}[!-~\u00a1-\u00ff])?$/)
const fields = fc
  .array(
    fc.tuple(
      token.map(name => `x-${name}`),
      fieldValue,
    ),
    { maxLength: 4 },
  )
  .map(all => all.map(([name, value]) => `${name}:${value}\r\n`).join(''))
const interim = fc.constantFrom(
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
)

const chunked = (body: Buffer, sizes: readonly number[], extension: string, trailers: string): Buffer => {
  const parts: Buffer[] = []
  for (let from = 0, index = 0; from < body.length; index++) {
    const chunk = body.subarray(from, from + (sizes[index % sizes.length] ?? 1))
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'))
    from += chunk.length
  }
  return Buffer.concat([...parts, Buffer.from(`0${extension}\r\n${trailers}\r\n`, 'latin1')])
}

const sample = fc
  .record({
    before: interim,
    status: fc.constantFrom(200, 400, 503),
    fields,
    body: fc.string({ unit: 'binary', maxLength: 60 }),
    framing: fc.constantFrom('length', 'chunked', 'until-close'),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
    extension: fc.constantFrom('', ';a=b', ' ; a="b"', ';a'),
    trailers: fields,
  })
  .map(({ before, status, fields, body, framing, sizes, extension, trailers }): Sample => {
    const content = Buffer.from(body)
    const field = {
      length: `content-length: ${content.length}\r\n`,
      chunked: 'Transfer-Encoding: Chunked\r\n',
      'until-close': '',
    }[framing]
    const sent = framing === 'chunked' ? chunked(content, sizes, extension, trailers) : content
    const text = `${before}HTTP/1.1 ${status} Fine\r\n${fields}${field}\r\n`
    return {
      bytes: Buffer.concat([Buffer.from(text, 'latin1'), sent]),
      status,
      body: content.toString(),
      isClean: framing !== 'until-close',
    }
  })

describe('ResponseParser', () => {
  test('reads the same answer however its bytes are cut', () =>
    fc.assert(
      fc.property(sample, fc.array(fc.nat(400), { maxLength: 20 }), fc.boolean(), (one, cuts, isDribble) => {
        const places = isDribble ? [...one.bytes.keys()] : cuts.filter(cut => cut < one.bytes.length)
        const answer = readInPieces(one.bytes, places, new ResponseParser(limit))
        expect(answer?.head.status).toBe(one.status)
        expect(textOf(answer)).toBe(one.body)
        expect(answer?.isClean).toBe(one.isClean)
      }),
      { numRuns: 500 },
    ))

  test('reads the answers of a connection one after the other', () =>
    fc.assert(
      fc.property(
        fc.array(
          sample.filter(one => one.isClean),
          { maxLength: 4 },
        ),
        samples => {
          const parser = new ResponseParser(limit)
          for (const one of samples) expect(textOf(readInPieces(one.bytes, [3, 40], parser))).toBe(one.body)
        },
      ),
      { numRuns: 50 },
    ))

  test('any bytes give an answer, nothing yet, or a coded error', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.tuple(sample, fc.nat(300), fc.nat(255)).map(([one, at, byte]) => {
            const bytes = Buffer.from(one.bytes)
            bytes[at % bytes.length] = byte
            return bytes
          }),
        ),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (bytes, cuts) => {
          const inside = cuts.filter(cut => cut < bytes.length)
          // Bytes after the end of an answer belong to nothing: the connection would have been closed.
          try {
            readInPieces(Buffer.from(bytes), inside, new ResponseParser(limit))
          } catch (error) {
            expect(['protocol', 'too-large']).toContain((error as HttpError).kind)
          }
        },
      ),
      { numRuns: 500 },
    ))

  test('looks fields up without case, blanks around a value aside, and joins those of one name', () => {
    const headers = read(
      'HTTP/1.1 200 OK\r\nX-One: \t a b \t\r\nx-two:1\r\nX-TWO: \xe92\r\nContent-Length: 0\r\n\r\n',
    )?.head.headers
    expect(headers?.get('x-one')).toBe('a b')
    expect(headers?.get('x-two')).toBe('1, \xe92')
    expect(headers?.get('one')).toBeUndefined()
  })

  test.each([
    ['no reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', 'ok'],
    ['equal lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2, 2\r\n\r\nok', 'ok'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['not modified', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n', ''],
    ['an empty chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', ''],
    ['leading zeros', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0002\r\nok\r\n000\r\n\r\n', 'ok'],
    ['bytes that are not UTF-8', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na\xffb', 'a\ufffdb'],
  ])('reads an answer with %s', (_, text, body) => {
    expect(textOf(read(text))).toBe(body)
    expect(textOf(read(text, everyByte(text)))).toBe(body)
  })

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['switching protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok'],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\nx-a: b\nx-b: c\r\ncontent-length: 0\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nx-a: b\rcontent-length: 9\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nx-a: \0\r\ncontent-length: 0\r\n\r\n'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: b\r\ncontent-length: 0\r\n\r\n'],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nx-a\r\ncontent-length: 0\r\n\r\n'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'length and chunks, without a body',
      'HTTP/1.1 204 N\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
    ['two lengths in one field', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok'],
    ['a length after a blank that is none', 'HTTP/1.1 200 OK\r\ncontent-length:\xa02\r\n\r\nok'],
    ['a hexadecimal length', 'HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nok'],
    ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\nok'],
    ['another transfer coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    [
      'chunked twice',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    [
      'a chunk size that is no number',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n',
    ],
    ['a negative chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n'],
    ['no chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\nok\r\n0\r\n\r\n'],
    ['a chunk line without CR', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n'],
    [
      'a chunk longer than its size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\noks\r\n0\r\n\r\n',
    ],
    ['a bad trailer', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx y\r\n\r\n'],
  ])('refuses %s', (_, text) => {
    expect(failureOf(text)).toBe('protocol')
    expect(failureOf(text, everyByte(text))).toBe('protocol')
  })

  test('refuses a head, extensions or trailers without an end', () => {
    const head = `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(70_000)}`
    expect(failureOf(head)).toBe('protocol')
    expect(failureOf(`${head}\r\n\r\n`)).toBe('protocol')
    expect(
      failureOf(
        head,
        Array.from({ length: 69 }, (_, index) => index * 1000),
      ),
    ).toBe('protocol')
    const start = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(failureOf(`${start}1;${'a'.repeat(70_000)}`)).toBe('protocol')
    expect(failureOf(`${start}${`1;${'a'.repeat(100)}\r\nx\r\n`.repeat(700)}`)).toBe('protocol')
    expect(failureOf(`${start}0\r\n${'x-a: b\r\n'.repeat(10_000)}`)).toBe('protocol')
  })

  test('a long body in many small chunks is not taken for extensions', () => {
    const text = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(90_000)}0\r\n\r\n`
    expect(textOf(read(text))).toBe('x'.repeat(90_000))
  })

  test.each([
    ['announced', `HTTP/1.1 200 OK\r\ncontent-length: ${limit + 1}\r\n\r\n`],
    ['in a chunk', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(limit + 1)}`],
    ['until the close', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(limit + 1)}`],
  ])('refuses a body that is too long, %s', (_, text) => {
    expect(failureOf(text)).toBe('too-large')
    expect(failureOf(text, [100, 50_000])).toBe('too-large')
  })

  test('an answer without an end is none', () => {
    for (const text of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok']) {
      expect(read(text)).toBeUndefined()
    }
  })

  test.each([
    ['length', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['no body', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('says when more came than the answer (%s)', (_, text) => {
    expect(read(text)?.isClean).toBe(true)
    const longer = read(`${text}HTTP/1.1 200 OK\r\n`)
    expect(longer?.isClean).toBe(false)
    expect(read(`${text}x`, [text.length - 1])?.isClean).toBe(false)
  })

  test('takes time in proportion to the bytes, however small the pieces', () => {
    const text = `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(12_000)}content-length: 90000\r\n\r\n${'x'.repeat(90_000)}`
    const parser = new ResponseParser(limit)
    const one = Buffer.alloc(1)
    const started = performance.now()
    let answer: RawAnswer | undefined
    for (let index = 0; index < text.length; index++) {
      one[0] = text.charCodeAt(index)
      answer = parser.read(one, 1)
    }
    expect(answer?.body).toHaveLength(90_000)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test.each([
    ['', Infinity],
    ['connection: close\r\n', 0],
    ['connection: foo\r\nconnection: Close\r\n', 0],
    ['connection: closed\r\n', Infinity],
    ['connection: keep-alive\r\nkeep-alive: timeout=5, max=100\r\n', 4000],
    ['keep-alive: timeout=1\r\n', 0],
    ['keep-alive: timeout=x\r\n', Infinity],
  ])('is told how long the connection lives by "%s"', (fields, keepAliveMs) => {
    const text = `200 OK\r\n${fields}content-length: 0\r\n\r\n`
    expect(read(`HTTP/1.1 ${text}`)?.head.keepAliveMs).toBe(keepAliveMs)
    const isSaid = fields.includes('keep-alive\r\n')
    expect(read(`HTTP/1.0 ${text}`)?.head.keepAliveMs).toBe(isSaid ? keepAliveMs : 0)
  })
})
