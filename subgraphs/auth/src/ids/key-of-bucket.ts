import { bucketCount, bucketOf } from '@marquee/data'

let keys: readonly string[] | undefined

/** One key of each bucket, found by trying: about 8,000 hashes, once. */
const findKeys = (): readonly string[] => {
  const found = new Map<number, string>()
  for (let number = 0; found.size < bucketCount; number += 1) {
    const key = String(number)
    const bucket = bucketOf(key)
    if (!found.has(bucket)) found.set(bucket, key)
  }
  return Array.from({ length: bucketCount }, (_, bucket) => found.get(bucket) as string)
}

/** A key that is in this bucket: for what is looked up by its bucket where the owner is not known. */
export const keyOfBucket = (bucket: number): string => {
  keys ??= findKeys()
  const key = keys[bucket]
  if (key === undefined) throw new RangeError(`there is no bucket ${bucket}`)
  return key
}
