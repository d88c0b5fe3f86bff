import { MarqueeError } from '@marquee/contract'
import { sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { noting } from '../audit/note-event.ts'
import type { AccountRow, Role } from '../entities/account.ts'
import { accountsByEmails } from './email-directory.ts'
import { normalEmail } from './input-rules.ts'

/** Replaces a password hash that was made with other parameters, unless the password was changed meanwhile. */
export const replacePasswordHash = async (
  em: EntityManager,
  account: AccountRow,
  passwordHash: string,
): Promise<void> => {
  await sqlRows(
    em,
    'update account set password_hash = $4 where id = $1 and bucket = $2 and password_hash = $3',
    [account.id, account.bucket, account.passwordHash, passwordHash],
  )
}

/**
 * Gives a role to an account: the way in which the first administrator is made. It shows in access tokens from the
 * next sign-in or refresh on.
 * @returns the roles that the account now has
 * @throws NOT_FOUND when no account has this email address; SHARD_UNAVAILABLE
 */
export const grantRole = async (
  database: ShardedDatabase,
  email: string,
  role: Role,
): Promise<readonly Role[]> => {
  const [account] = await accountsByEmails(database, [normalEmail(email)])
  if (account instanceof Error) throw account
  if (account == null) throw new MarqueeError('NOT_FOUND', { type: 'User' })
  return database.transaction(account.id, async em => {
    const [row] = await noting<{ roles: Role[] }>(
      em,
      { accountId: account.id, kind: 'role-granted', requestId: null },
      `update account set roles = case when $3 = any(roles) then roles else array_append(roles, $3) end
       where id = $1 and bucket = $2 returning roles`,
      [account.id, account.bucket, role],
    )
    if (row === undefined) throw new MarqueeError('NOT_FOUND', { type: 'User' })
    return row.roles
  })
}
