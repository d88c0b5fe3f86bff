/**
 * Whether a transaction met the fence of a bucket that it was not for, and which the database therefore does not wait for:
 * SQLSTATE MQ001, from `marquee.fence` and `hold_keys`. That of its own bucket is BUCKET_MOVING, after the wait.
 */
export const metFence = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'MQ001'
