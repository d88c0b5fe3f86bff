import type { AccountRow, Role } from '../entities/account.ts'

export const accountColumns = 'id, bucket, email, name, password_hash, roles, created_at'

/** An account as SQL gives it. */
export type AccountSqlRow = Readonly<{
  id: string
  bucket: number
  email: string
  name: string
  password_hash: string
  roles: Role[]
  created_at: Date
}>

export const toAccount = (row: AccountSqlRow): AccountRow => ({
  id: row.id,
  bucket: row.bucket,
  email: row.email,
  name: row.name,
  passwordHash: row.password_hash,
  roles: row.roles,
  createdAt: row.created_at,
})
