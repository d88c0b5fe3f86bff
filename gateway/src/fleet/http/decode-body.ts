import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { protocolError, tooLarge } from './http-error.ts'

type Bound = Readonly<{ maxOutputLength: number }>
type Codec = Readonly<{
  now: (bytes: Buffer, bound: Bound) => Buffer
  later: (bytes: Buffer, bound: Bound) => Promise<Buffer>
}>

const gzip: Codec = { now: gunzipSync, later: promisify<Buffer, Bound, Buffer>(gunzip) }
const zlib: Codec = { now: inflateSync, later: promisify<Buffer, Bound, Buffer>(inflate) }
const raw: Codec = { now: inflateRawSync, later: promisify<Buffer, Bound, Buffer>(inflateRaw) }
const brotli: Codec = { now: brotliDecompressSync, later: promisify<Buffer, Bound, Buffer>(brotliDecompress) }
const zstd: Codec = { now: zstdDecompressSync, later: promisify<Buffer, Bound, Buffer>(zstdDecompress) }

/** What `codecFor` understands. */
export const acceptedEncodings = 'gzip, br, zstd'

const codecFor = (encoding: string, bytes: Buffer): Codec => {
  switch (encoding.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gzip
    case 'deflate':
      // RFC 9110 8.4.1.2: some send it without the zlib wrapper, whose first byte ends in 8.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? zlib : raw
    case 'br':
      return brotli
    case 'zstd':
      return zstd
    default:
      throw protocolError(`content-encoding is "${encoding.slice(0, 100)}", which was not asked for`)
  }
}

/** What is longer goes to a thread: it would hold up every other request. */
const maxSyncBytes = { compressed: 64 * 1024, decompressed: 1024 * 1024 }

const isTooLong = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'

const failure = (error: unknown, encoding: string, maxBytes: number): Error =>
  isTooLong(error) ? tooLarge(maxBytes) : protocolError(`the body is not ${encoding}`, error)

const decodeLater = async (
  codec: Codec,
  bytes: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<string> => {
  try {
    return (await codec.later(bytes, { maxOutputLength: maxBytes })).toString('utf8')
  } catch (error) {
    throw failure(error, encoding, maxBytes)
  }
}

/**
 * Decompresses a body.
 * @param encoding  of the header `content-encoding`
 * @param maxBytes  longest decompressed body; decompression stops there
 * @returns at once when it is small
 * @throws  HttpError `protocol`, `too-large`
 */
export const decodeBody = (bytes: Buffer, encoding: string, maxBytes: number): string | Promise<string> => {
  if (bytes.length === 0 || encoding === '' || encoding.toLowerCase() === 'identity') {
    return bytes.toString('utf8')
  }
  const codec = codecFor(encoding, bytes)
  if (bytes.length > maxSyncBytes.compressed) return decodeLater(codec, bytes, encoding, maxBytes)
  const maxOutputLength = Math.min(maxBytes, maxSyncBytes.decompressed)
  try {
    return codec.now(bytes, { maxOutputLength }).toString('utf8')
  } catch (error) {
    if (isTooLong(error) && maxOutputLength < maxBytes) return decodeLater(codec, bytes, encoding, maxBytes)
    throw failure(error, encoding, maxBytes)
  }
}
