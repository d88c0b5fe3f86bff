import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database, type EntityManager } from '@marquee/data'
import { Account, type AccountRow, type Role } from '../entities/account.ts'
import { normalEmail } from './input-rules.ts'

/**
 * Stores a new account with the role MEMBER.
 * @throws EMAIL_TAKEN, also when somebody takes the address at the same moment
 */
export const insertAccount = async (
  em: EntityManager,
  account: Readonly<{ email: string; name: string; passwordHash: string }>,
): Promise<AccountRow> => {
  const [row] = await sqlRows<{ id: string }>(
    em,
    `insert into account (email, name, password_hash) values ($1, $2, $3)
     on conflict (email) do nothing returning id`,
    [account.email, account.name, account.passwordHash],
  )
  if (row === undefined) throw new MarqueeError('EMAIL_TAKEN')
  return em.findOneOrFail(Account, { id: row.id })
}

/** Replaces a password hash that was made with other parameters, unless the password was changed meanwhile. */
export const replacePasswordHash = async (
  em: EntityManager,
  account: AccountRow,
  passwordHash: string,
): Promise<void> => {
  await sqlRows(em, 'update account set password_hash = $3 where id = $1 and password_hash = $2', [
    account.id,
    account.passwordHash,
    passwordHash,
  ])
}

/**
 * Gives a role to an account: the way in which the first administrator is made. It shows in access tokens from the
 * next sign-in or refresh on.
 * @returns the roles that the account now has
 * @throws NOT_FOUND when no account has this email address
 */
export const grantRole = async (database: Database, email: string, role: Role): Promise<readonly Role[]> =>
  database.transaction(async em => {
    const [row] = await sqlRows<{ roles: Role[] }>(
      em,
      `update account set roles = case when $2 = any(roles) then roles else array_append(roles, $2) end
       where email = $1 returning roles`,
      [normalEmail(email), role],
    )
    if (row === undefined) throw new MarqueeError('NOT_FOUND', { type: 'User' })
    return row.roles
  })
