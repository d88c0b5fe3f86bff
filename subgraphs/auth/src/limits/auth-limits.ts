import { MarqueeError } from '@marquee/contract'
import type { GraphQLResolveInfo } from 'graphql'
import type { AuthConfig } from '../config.ts'
import { callLimiter, type CallLimiter } from './call-limiter.ts'
import { memoryCallLog } from './memory-call-log.ts'
import { redisCallLog } from './redis-call-log.ts'

type Check = (key: string, info: GraphQLResolveInfo) => Promise<void>

/** One check for each limited field. Each throws RATE_LIMITED; the guarded ones LIMITER_UNAVAILABLE too. */
export type AuthLimits = Readonly<{
  signIn: Check
  signUp: Check
  refresh: Check
  signInClient: Check
  close: () => Promise<void>
}>

type Log = Parameters<typeof redisCallLog>[0]['log']

const withFallback =
  (first: CallLimiter, then: (call: Parameters<CallLimiter>[0]) => Promise<void>): CallLimiter =>
  async call => {
    try {
      await first(call)
    } catch (error) {
      if (error instanceof MarqueeError) throw error
      await then(call)
    }
  }

/**
 * The limits of sign-in and its kin, counted in Redis for all replicas together when there is one, else in memory.
 * When Redis is there but does not answer, what guesses passwords and client secrets is closed (`signIn`,
 * `signInClient`: LIMITER_UNAVAILABLE), and what does not is counted in this process (`signUp`, `refresh`): an outage
 * of Redis signs nobody out.
 */
export const authLimits = async (config: AuthConfig, log: Log): Promise<AuthLimits> => {
  const { limits, redisUrl: url, redisDeadlineMs: deadlineMs } = config
  const memory = memoryCallLog(limits.memoryKeys)
  const redis = url === undefined ? undefined : await redisCallLog({ url, deadlineMs, log })
  const local = callLimiter(memory)
  const shared = redis === undefined ? local : callLimiter(redis)
  const closed = withFallback(shared, async () => {
    throw new MarqueeError('LIMITER_UNAVAILABLE')
  })
  const open = withFallback(shared, local)
  return Object.freeze({
    signIn: (key, info) => closed({ key, info, limit: limits.signIn }),
    signInClient: (key, info) => closed({ key, info, limit: limits.signInClient }),
    signUp: (key, info) => open({ key, info, limit: limits.signUp }),
    refresh: (key, info) => open({ key, info, limit: limits.refresh }),
    close: async () => {
      await redis?.close()
      await memory.close()
    },
  })
}
