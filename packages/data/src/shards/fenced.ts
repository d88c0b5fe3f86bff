import { fenceState } from './shard-schema.ts'

const serializationFailure = '40001'

/**
 * Whether the fence of a bucket stopped a write, which can be done anew where the bucket is then. In REPEATABLE READ
 * and SERIALIZABLE the server says so as a serialization failure on the row that is the fence.
 */
export const isFenced = (error: unknown, bucket: number): boolean => {
  const { code, message, where } = (error ?? {}) as { code?: unknown; message?: unknown; where?: unknown }
  // Another bucket's fence is a mistake in the code: it wrote what belongs to another owner.
  if (code === fenceState)
    return typeof message === 'string' && message.includes(`bucket ${bucket} is not open`)
  return code === serializationFailure && typeof where === 'string' && where.includes('marquee.shard_map')
}
