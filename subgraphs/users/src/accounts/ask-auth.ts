import { anonymous, encodeId, headers, MarqueeError } from '@marquee/contract'
import { askSubgraph } from '@marquee/subgraph'
import { z } from 'zod'

/** Where the auth subgraph is, and how to ask it. */
export type AuthPeer = Readonly<{ authUrl: string; authTimeoutMs: number; secret?: string | undefined }>

/** What auth says of an account: the name given at sign-up, null when there is no such account, or why it cannot say. */
export type AccountAnswer = string | null | MarqueeError

const query = `query Accounts($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { id accountName } }
}`

const answerSchema = z.object({
  data: z.object({ _entities: z.array(z.object({ accountName: z.string() }).nullable()) }).nullish(),
  errors: z
    .array(z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() }))
    .optional(),
})

const unavailable = (cause: unknown): MarqueeError =>
  new MarqueeError('SUBGRAPH_UNAVAILABLE', { service: 'auth' }, { cause })

const request = async (peer: AuthPeer, ids: readonly string[], signal: AbortSignal): Promise<unknown> => {
  const representations = ids.map(id => ({ __typename: 'User', id: encodeId('User', id) }))
  try {
    return await askSubgraph(
      peer.authUrl,
      peer.secret,
      'auth',
      { query, variables: { representations }, operationName: 'Accounts' },
      // On nobody's behalf: which accounts exist does not depend on who asks.
      anonymous,
      {
        headers: { [headers.deadlineMs]: String(peer.authTimeoutMs) },
        signal: AbortSignal.any([signal, AbortSignal.timeout(peer.authTimeoutMs)]),
      },
    )
  } catch (error) {
    throw unavailable(error)
  }
}

/**
 * Asks the auth subgraph which of these accounts exist, in one request.
 * @param ids  UUIDs of accounts
 * @returns one answer for each id, in order; SUBGRAPH_UNAVAILABLE where auth reports an error for that id alone
 * @throws SUBGRAPH_UNAVAILABLE when auth cannot be reached, answers too late, or refuses; SUBGRAPH_BAD_RESPONSE when
 *   what it says is not an answer to this question
 */
export const askAuth = async (
  peer: AuthPeer,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly AccountAnswer[]> => {
  const parsed = answerSchema.safeParse(await request(peer, ids, signal))
  if (!parsed.success) {
    throw new MarqueeError('SUBGRAPH_BAD_RESPONSE', { service: 'auth' }, { cause: parsed.error })
  }
  const { data, errors = [] } = parsed.data
  if (data === undefined || data === null) {
    throw unavailable(new TypeError(`auth refused: ${errors.map(({ message }) => message).join('; ')}`))
  }
  const failed = new Map(errors.map(({ path, message }) => [path?.[1], message]))
  return ids.map((_id, index) => {
    const account = data._entities[index]
    if (account) return account.accountName
    const message = failed.get(index)
    return message === undefined && account === null
      ? null
      : unavailable(new TypeError(message ?? 'no answer'))
  })
}
