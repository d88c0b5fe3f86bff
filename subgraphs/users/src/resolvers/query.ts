import { decodeId } from '@marquee/contract'
import type { Fields } from './context.ts'

const handlePattern = /^[a-z0-9_]{3,30}$/

export const queryFields = {
  user: (_root, { id }: { id: string }, { loaders }) => loaders.profile.load(decodeId('User', id)),
  // What cannot be a handle is nobody's, and may hold characters that PostgreSQL refuses.
  userByHandle: (_root, { handle }: { handle: string }, { loaders }) =>
    handlePattern.test(handle) ? loaders.profileByHandle.load(handle) : null,
} satisfies Fields<unknown>
