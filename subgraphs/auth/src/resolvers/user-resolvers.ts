import { decodeId, encodeId } from '@marquee/contract'
import type { FieldResolvers } from '@marquee/subgraph'
import type { AuthContext } from '../auth-services.ts'
import type { AccountRow } from '../entities/account.ts'

/**
 * What a User resolves from. `isSelf` is set where the answer goes to the account's owner although the request was
 * made by nobody yet: in the answer to a sign-in.
 */
export type UserSource = Readonly<{ account: AccountRow; isSelf?: boolean }>

const isSelf = ({ account, isSelf = false }: UserSource, { identity }: AuthContext): boolean =>
  isSelf || identity.subject === encodeId('User', account.id)

const User: FieldResolvers<UserSource, AuthContext> = {
  id: ({ account }) => encodeId('User', account.id),
  email: (user, _args, context) => (isSelf(user, context) ? user.account.email : null),
  roles: (user, _args, context) => (isSelf(user, context) ? user.account.roles : null),
  memberSince: ({ account }) => account.createdAt,
  accountName: ({ account }) => account.name,
}

const userById = async (id: string, { loaders }: AuthContext): Promise<UserSource | null> => {
  const account = await loaders.account.load(id)
  return account === null ? null : { account }
}

export const userResolvers = Object.freeze({
  User: {
    ...User,
    __resolveReference: (reference: { id: string }, context: AuthContext) =>
      userById(decodeId('User', reference.id), context),
  },
})

export const viewer = async (
  _source: unknown,
  _args: object,
  context: AuthContext,
): Promise<UserSource | null> => {
  const { subject } = context.identity
  return subject === null ? null : userById(decodeId('User', subject), context)
}
