import { createHash } from 'node:crypto'

/** Never changes: which bucket a row is in is stored with it. */
export const bucketCount = 1024

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The bucket of a shard key: the first two bytes of sha1 of its text in UTF-8, big endian, mod 1,024. A UUID counts in
 * small letters. `marquee.bucket_of(text)` is the same in SQL.
 */
export const bucketOf = (key: string): number => {
  const text = uuid.test(key) ? key.toLowerCase() : key
  return createHash('sha1').update(text).digest().readUInt16BE(0) % bucketCount
}
