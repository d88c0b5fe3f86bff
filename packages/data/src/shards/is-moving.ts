import { fenceState } from './shard-schema.ts'

/**
 * Whether a write met the fence of a bucket: of one that the transaction was not for, which the database does not wait
 * for (`marquee.fence`, `holdOwners`), or of its own, waited for in vain.
 */
export const isMoving = (error: unknown): boolean => {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === fenceState || code === 'BUCKET_MOVING'
}
