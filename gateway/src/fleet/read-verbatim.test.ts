import { describe, expect, test } from '@jest/globals'
import type { Fetch } from './fetch.ts'
import { LongAnswer } from './http/http-answer.ts'
import { parseVerbatim, readVerbatim } from './read-verbatim.ts'
import { clientRequest, query, templates } from './testing/fetches.ts'
import { until, withShop } from './testing/with-shop.ts'

const headers = { get: () => undefined }
const always = (): boolean => true

describe('an answer that need not be parsed', () => {
  test.each(['{"data":{"a":"é😀}"}}', '{"data":{"a":"é😀}"}} \r\n'])('is cut out of %j', body => {
    const short = readVerbatim({ status: 200, headers, body }, always)
    const long = readVerbatim(new LongAnswer(200, headers, Buffer.from(body)), always)
    expect(short?.verbatim?.text).toBe('{"a":"é😀}"}')
    expect(String(long?.verbatim?.text)).toBe('{"a":"é😀}"}')
    expect([short?.bytes, long?.bytes]).toEqual([Buffer.byteLength(body), Buffer.byteLength(body)])
    if (long?.verbatim !== undefined) expect(parseVerbatim(long.verbatim)).toEqual({ a: 'é😀}' })
  })

  test('is parsed when it is not verbatim, or long and not UTF-8', () => {
    const bytes = Buffer.from('{"data":{"a":"\xff"}}', 'latin1')
    expect(readVerbatim(new LongAnswer(200, headers, bytes), always)).toBeUndefined()
    expect(readVerbatim({ status: 200, headers, body: '{"data":{}}' }, () => false)).toBeUndefined()
  })
})

describe('a fetch that knows what is verbatim', () => {
  const shop = withShop()
  const asks = (isVerbatim: Fetch['isVerbatim'], name: string): Fetch => ({
    ...query(templates.greet, `"name":"${name}"`),
    ...(isVerbatim !== undefined && { isVerbatim }),
  })

  test('gets the text, and so does whoever shared it', async () => {
    const run = shop.runner()
    const release = shop.subgraph.hold()
    const early = run([asks(always, 'a')], clientRequest())
    await until(() => shop.subgraph.received.length === 1)
    const late = run([asks(undefined, 'a')], clientRequest())
    release()
    const [[first], [second]] = await Promise.all([early, late])
    expect(shop.subgraph.received).toHaveLength(1)
    expect(first?.data).toBeUndefined()
    expect(first?.verbatim?.isVerbatim).toBe(always)
    expect(second?.verbatim).toBe(first?.verbatim)
  })

  test('gets data in company; once its answer was long it travels alone', async () => {
    const run = shop.runner()
    const both = async (length: number): Promise<readonly (string | undefined)[]> => {
      const answers = await Promise.all(
        ['a', 'b'].map(name => run([asks(always, name.repeat(length))], clientRequest())),
      )
      return answers.map(([answer]) => answer?.verbatim?.text.constructor.name)
    }
    await both(1) // strangers travel alone
    expect(await both(1)).toEqual([undefined, undefined])
    expect(await both(100_000)).toEqual([undefined, undefined])
    expect(await both(100_000)).toEqual(['Buffer', 'Buffer'])
    expect(await both(1)).toEqual(['String', 'String'])
    expect(await both(1)).toEqual([undefined, undefined])
  })
})
