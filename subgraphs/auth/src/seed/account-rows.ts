import { createHash } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { bucketOf, copyLine, type BulkRow, type BulkTable } from '@marquee/data'
import type { AuthConfig } from '../config.ts'

/** `joinedAt`: milliseconds since 1970. */
export type SeedAccount = Readonly<{ id: string; email: string; name: string; joinedAt: number }>

const account: BulkTable = Object.freeze({
  table: 'account',
  columns: ['id', 'bucket', 'email', 'name', 'password_hash', 'created_at'],
})
const reservation: BulkTable = Object.freeze({
  table: 'email_reservation',
  columns: ['email', 'bucket', 'owner_id', 'claim', 'is_pending', 'at'],
})

/** One hash for all of them: its salt comes from the seed, so it is the same each time. */
export const seedPasswordHash = (
  password: string,
  seed: string,
  { memoryKib: memoryCost, passes: timeCost, lanes: parallelism }: AuthConfig['argon2'],
): Promise<string> => {
  const salt = createHash('sha256').update(`marquee seed ${seed}`).digest().subarray(0, 16)
  return hash(Buffer.from(password), { memoryCost, timeCost, parallelism, salt })
}

/** The account, and that its address is taken. */
export const accountRows = (
  { id, email, name, joinedAt }: SeedAccount,
  passwordHash: string,
): readonly BulkRow[] => {
  const [bucket, emailBucket] = [bucketOf(id), bucketOf(email)]
  const at = new Date(joinedAt).toISOString()
  return [
    { into: account, bucket, line: copyLine([id, bucket, email, name, passwordHash, at]) },
    { into: reservation, bucket: emailBucket, line: copyLine([email, emailBucket, id, id, false, at]) },
  ]
}

/** Finds an account that is there already. */
export const anyAccount = 'select 1 as one from account limit 1'
