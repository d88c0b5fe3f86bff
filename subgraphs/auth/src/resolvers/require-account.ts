import { MarqueeError } from '@marquee/contract'
import { requireSubject } from '@marquee/subgraph'
import type { AuthContext } from '../auth-services.ts'
import type { AccountRow } from '../entities/account.ts'

/**
 * The account of the signed-in user, with its roles as they are now rather than as the token says.
 * @throws UNAUTHENTICATED also when the account is gone while the token is still good
 */
export const requireAccount = async (context: AuthContext): Promise<AccountRow> => {
  const account = await context.loaders.account.load(requireSubject(context))
  if (account === null) throw new MarqueeError('UNAUTHENTICATED')
  return account
}
