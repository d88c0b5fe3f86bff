/**
 * Whether a write met the fence of a bucket: of one that the transaction was not for, which the database does not wait
 * for (SQLSTATE MQ001, from `marquee.fence` and `hold_owners`), or of its own, waited for in vain.
 */
export const isMoving = (error: unknown): boolean => {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'MQ001' || code === 'BUCKET_MOVING'
}
