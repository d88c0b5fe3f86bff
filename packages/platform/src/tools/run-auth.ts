import { MarqueeError, readSection } from '@marquee/contract'
import { authConfig, authModel, grantRole, rotateKeys, type Role } from '@marquee/auth'
import { findDatabases, type WhereFlags } from './topology.ts'

/** Gives a role to an account. @throws USAGE_INVALID when there is no such account, NOT_RUNNING */
export const runGrantRole = async (email: string, role: Role, flags: WhereFlags): Promise<void> => {
  const where = await findDatabases(flags, process.env)
  const database = await where.openSharded(authModel)
  try {
    const held = await grantRole(database, email, role)
    console.log(
      `${email} has the roles ${held.join(', ')}. Tokens show it from the next sign-in or refresh on.`,
    )
  } catch (error) {
    if (!(error instanceof MarqueeError) || error.code !== 'NOT_FOUND') throw error
    const reason = `no account has the email address ${email}`
    throw new MarqueeError('USAGE_INVALID', { reason, command: 'auth grant-role' }, { cause: error })
  } finally {
    await database.close()
  }
}

/** Makes the next signing key. @throws NOT_RUNNING */
export const runRotateKeys = async (flags: WhereFlags & Readonly<{ now?: boolean }>): Promise<void> => {
  const where = await findDatabases(flags, process.env)
  const config = readSection('auth', authConfig, where.sources)
  const database = await where.openSharded(authModel)
  try {
    const { kid, activeFrom } = await rotateKeys(database, config, { immediately: flags.now === true })
    console.log(`The key ${kid} is published now and signs from ${activeFrom.toISOString()} on.`)
  } finally {
    await database.close()
  }
}
