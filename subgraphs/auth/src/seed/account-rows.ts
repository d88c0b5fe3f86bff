import { createHash } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { copyLine, type BulkRow, type BulkTable } from '@marquee/data'
import type { AuthConfig } from '../config.ts'

/** `joinedAt`: milliseconds since 1970. */
export type SeedAccount = Readonly<{ id: string; email: string; name: string; joinedAt: number }>

const account: BulkTable = Object.freeze({
  table: 'account',
  columns: ['id', 'email', 'name', 'password_hash', 'created_at'],
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

export const accountRow = ({ id, email, name, joinedAt }: SeedAccount, passwordHash: string): BulkRow => ({
  into: account,
  line: copyLine([id, email, name, passwordHash, new Date(joinedAt).toISOString()]),
})

/** Finds an account that is there already. */
export const anyAccount = 'select 1 as one from account limit 1'
