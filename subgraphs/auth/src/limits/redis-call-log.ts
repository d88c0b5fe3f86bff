import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import type { CallLog } from './call-log.ts'

type Log = Readonly<{
  info: (details: object, message: string) => void
  warn: (details: object, message: string) => void
}>

/** After a failure Redis is not asked for this long: calls that wait for a dead server help nobody. */
const pauseMs = 1000

/** A start waits this long for Redis, so that the first sign-ins are not refused; then it goes on without. */
const firstConnectMs = 1000

/** One script, so that counting and recording are one step for all replicas together. Times are milliseconds. */
const script = `
local now, window, max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local calls = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
if #calls / 2 < max then
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], window)
end
local times = {}
for i = 2, #calls, 2 do times[#times + 1] = calls[i] end
return times`

const withinMs = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TypeError(`Redis did not answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A call log in Redis, for all replicas together. It starts without Redis too, and connects again after a loss; `record`
 * rejects when Redis is unreachable, or hangs for longer than `deadlineMs`.
 */
export const redisCallLog = async (
  options: Readonly<{ url: string; deadlineMs: number; log: Log }>,
): Promise<CallLog> => {
  const { url, deadlineMs, log } = options
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 1000,
    socket: { connectTimeout: 2000, reconnectStrategy: retries => Math.min(50 * 2 ** retries, 2000) },
  })
  let isDown = false
  let pausedUntilMs = 0
  const fail = (error: unknown): void => {
    pausedUntilMs = Date.now() + pauseMs
    if (!isDown)
      log.warn({ reason: (error as Error).message }, 'Redis is unreachable: attempts cannot be counted')
    isDown = true
  }
  // Each failed attempt to connect says so here; without a listener it would end the process.
  client.on('error', fail)
  const connected = client.connect()
  // Rejects when it is closed before Redis was ever reached.
  connected.catch(() => undefined)
  await withinMs(firstConnectMs, connected).catch(fail)

  return Object.freeze({
    record: async (key, { max, windowSeconds }) => {
      if (Date.now() < pausedUntilMs) throw new TypeError('Redis is unreachable')
      const now = Date.now()
      const call = client.eval(script, {
        keys: [`marquee:calls:${key}`],
        arguments: [`${now}`, `${windowSeconds * 1000}`, `${max}`, `${now}:${randomUUID()}`],
      })
      try {
        const times = (await withinMs(deadlineMs, call)) as string[]
        if (isDown) log.info({}, 'Redis is back')
        isDown = false
        return times.map(Number)
      } catch (error) {
        call.catch(() => undefined)
        fail(error)
        throw error
      }
    },
    close: async () => {
      if (client.isOpen) client.destroy()
    },
  })
}
