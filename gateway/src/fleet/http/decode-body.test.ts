import { describe, expect, test } from '@jest/globals'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { decodeBody } from './decode-body.ts'

const text = JSON.stringify({
  data: { title: 'Amélie', list: Array.from({ length: 50 }, (_, index) => index) },
})
const noise = Array.from({ length: 20_000 }, (_, index) => Math.sin(index)).join()

const quickBrotli = (text: string | Buffer): Buffer =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })

const codings = {
  gzip: gzipSync,
  'X-GZIP': gzipSync,
  deflate: deflateSync,
  br: quickBrotli,
  zstd: zstdCompressSync,
} as const

describe('decodeBody', () => {
  test.each(Object.entries(codings))(
    'reads %s, small ones at once and large ones on a thread',
    async (name, compress) => {
      expect(decodeBody(compress(text), name, 10_000)).toBe(text)
      const large = decodeBody(compress(noise), name, 10_000_000)
      expect(large).toBeInstanceOf(Promise)
      expect(await large).toBe(noise)
    },
  )

  test('reads deflate without its wrapper', () => {
    expect(decodeBody(deflateRawSync(text), 'deflate', 10_000)).toBe(text)
  })

  test('reads what is not encoded', () => {
    expect(decodeBody(Buffer.from('é'), '', 10)).toBe('é')
    expect(decodeBody(Buffer.from('é'), 'Identity', 10)).toBe('é')
    expect(decodeBody(Buffer.alloc(0), 'gzip', 10)).toBe('')
  })

  test.each(Object.entries(codings))('stops a bomb in %s', async (name, compress) => {
    const bomb = compress(Buffer.alloc(4_000_000))
    const half = compress(Buffer.alloc(500_000))
    await expect((async () => decodeBody(half, name, 20_000))()).rejects.toMatchObject({ kind: 'too-large' })
    // Below the bound of what is read at once, and above it.
    await expect((async () => decodeBody(bomb, name, 20_000))()).rejects.toMatchObject({ kind: 'too-large' })
    await expect((async () => decodeBody(bomb, name, 3_000_000))()).rejects.toMatchObject({
      kind: 'too-large',
    })
    expect(await decodeBody(compress(Buffer.alloc(2_000_000)), name, 2_000_000)).toHaveLength(2_000_000)
  })

  test.each(Object.entries(codings))(
    'refuses what is not %s, or only a part of it',
    async (name, compress) => {
      await expect((async () => decodeBody(Buffer.from('hello'), name, 100))()).rejects.toMatchObject({
        kind: 'protocol',
      })
      for (const whole of [compress(text), compress(noise)]) {
        const part = whole.subarray(0, -20)
        await expect((async () => decodeBody(part, name, 10_000_000))()).rejects.toMatchObject({
          kind: 'protocol',
        })
      }
    },
  )

  test('refuses an encoding it does not know', () => {
    for (const name of ['lzma', 'gzip, br', 'gzip;q=1']) {
      expect(() => decodeBody(Buffer.from('x'), name, 100)).toThrow(/content-encoding is "/)
    }
  })
})
