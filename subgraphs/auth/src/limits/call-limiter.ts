import { createHash } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import type { GraphQLResolveInfo } from 'graphql'
import { getGraphQLRateLimiter } from 'graphql-rate-limit'
import type { CallLog, Limit } from './call-log.ts'

/**
 * Counts a call of a field against its limit.
 * @param key  whom the limit is for, e.g. an email address; only its hash is kept
 * @throws RATE_LIMITED, or what the call log throws when it cannot count
 */
export type CallLimiter = (
  call: Readonly<{ key: string; limit: Limit; info: GraphQLResolveInfo }>,
) => Promise<void>

const hashed = (key: string): string => createHash('sha256').update(key).digest('base64url')

const secondsLeft = (oldestMs: number, { windowSeconds }: Limit): number =>
  Math.max(1, Math.ceil(oldestMs / 1000 + windowSeconds - Date.now() / 1000))

/**
 * Limits by graphql-rate-limit over a call log. The package reads the calls and writes them back in two steps, between
 * which any number of calls at the same time would pass; so here its read is the log's one step, and its write nothing.
 * Its own memory store is not used either: it never forgets a key.
 */
export const callLimiter =
  (calls: CallLog): CallLimiter =>
  async ({ key, limit, info }) => {
    let oldestMs = Date.now()
    const exceeds = getGraphQLRateLimiter({
      identifyContext: () => hashed(key),
      store: {
        getForIdentity: async ({ contextIdentity, fieldIdentity }) => {
          const times = await calls.record(`${fieldIdentity}:${contextIdentity}`, limit)
          oldestMs = times[0] ?? oldestMs
          return times
        },
        setForIdentity: () => undefined,
      },
    })
    const { max, windowSeconds } = limit
    const refused = await exceeds(
      { parent: undefined, args: {}, context: undefined, info },
      { max, window: `${windowSeconds}s` },
    )
    if (refused === undefined) return
    throw new MarqueeError('RATE_LIMITED', {
      reason: `${max} calls of \`${info.fieldName}\` are allowed in ${windowSeconds} seconds; try again in ${secondsLeft(oldestMs, limit)} seconds.`,
    })
  }
