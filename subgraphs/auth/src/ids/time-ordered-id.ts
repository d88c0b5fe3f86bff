import { randomFillSync } from 'node:crypto'

/** The time in milliseconds, then random bits, as RFC 9562 lays them out. */
const timeOrdered = (): Buffer => {
  const bytes = randomFillSync(Buffer.alloc(16))
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  return bytes
}

const toUuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** A UUIDv7. Says nothing of what the account is made from: it is seen by everybody. */
export const newAccountId = (): string => {
  const bytes = timeOrdered()
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  return toUuid(bytes)
}

/**
 * A UUIDv8 that sorts by time as a UUIDv7 does, with its owner's bucket in the 12 bits behind the version: whoever has a
 * client's id alone knows where to look.
 */
export const newClientId = (ownersBucket: number): string => {
  const bytes = timeOrdered()
  bytes.writeUInt16BE(0x8000 | ownersBucket, 6)
  return toUuid(bytes)
}

/** The bucket in a client's id; null in those that were given before there were buckets. */
export const bucketOfClient = (id: string): number | null =>
  id[14] === '8' ? Number.parseInt(id.slice(15, 18), 16) % 1024 : null
