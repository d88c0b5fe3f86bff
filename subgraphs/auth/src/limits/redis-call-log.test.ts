import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, whyNoOwnRedis, whyNoRedis, type TestRedis } from '../testing/start-redis.ts'
import type { CallLog } from './call-log.ts'
import { callLogContract } from './call-log.contract.ts'
import { redisCallLog } from './redis-call-log.ts'

const limit = { max: 5, windowSeconds: 60 }

const fault = whyNoOwnRedis === undefined ? test : test.skip
const reason = whyNoOwnRedis === undefined ? '' : ` (${whyNoOwnRedis})`

const withRedis = (): void => {
  let redis: TestRedis
  const lines: string[] = []
  const log = {
    info: (_details: object, message: string) => void lines.push(message),
    warn: (_details: object, message: string) => void lines.push(message),
  }
  // A Redis that others use too remembers what an earlier run did.
  const run = randomUUID()
  const open = async (): Promise<CallLog> => {
    const calls = await redisCallLog({ url: redis.url, deadlineMs: 200, log })
    return { record: (key, limit) => calls.record(`${run}:${key}`, limit), close: () => calls.close() }
  }
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => redis?.kill())

  callLogContract('Redis', open)

  test('two processes count together', async () => {
    const [one, two] = [await open(), await open()]
    await one.record('together', limit)
    expect(await two.record('together', limit)).toHaveLength(1)
    await Promise.all([one.close(), two.close()])
  })

  fault(
    `a Redis that hangs is given up after the deadline, then not asked for a while, then found again${reason}`,
    async () => {
      const calls = await open()
      lines.splice(0)
      redis.freeze()
      const start = performance.now()
      await expect(calls.record('hung', limit)).rejects.toThrow('within 200 ms')
      expect(performance.now() - start).toBeLessThan(600)
      const again = performance.now()
      await Promise.all(
        Array.from({ length: 50 }, () => expect(calls.record('hung', limit)).rejects.toThrow('unreachable')),
      )
      expect(performance.now() - again).toBeLessThan(200)
      redis.thaw()
      await sleep(1100)
      expect(await calls.record('thawed', limit)).toHaveLength(0)
      expect(lines).toEqual(['Redis is unreachable: attempts cannot be counted', 'Redis is back'])
      await calls.close()
    },
  )

  test('a Redis that is not there does not keep a process from starting', async () => {
    lines.splice(0)
    const calls = await redisCallLog({ url: 'redis://127.0.0.1:1', deadlineMs: 200, log })
    await expect(calls.record('nowhere', limit)).rejects.toThrow('unreachable')
    expect(lines).toEqual(['Redis is unreachable: attempts cannot be counted'])
    await calls.close()
  })

  fault(`a Redis that dies is told once, and found again when it is back${reason}`, async () => {
    const calls = await open()
    lines.splice(0)
    await redis.kill()
    for (let call = 0; call < 5; call += 1) {
      await expect(calls.record('dead', limit)).rejects.toThrow()
      await sleep(50)
    }
    await redis.start()
    let back: readonly number[] | undefined
    for (let waited = 0; waited < 100 && back === undefined; waited += 1) {
      back = await calls.record('back', limit).catch(() => undefined)
      await sleep(50)
    }
    expect(back).toEqual([])
    expect(lines).toEqual(['Redis is unreachable: attempts cannot be counted', 'Redis is back'])
    await calls.close()
  })
}

if (whyNoRedis === undefined) describe('with a real Redis', withRedis)
else test.skip(`a call log in Redis (${whyNoRedis})`, () => undefined)
