import { beforeAll, describe, expect, test } from '@jest/globals'
import { authConfig } from '../config.ts'
import { passwordHasher, type PasswordHasher } from './password-hasher.ts'
import { turnstile } from './turnstile.ts'

describe('passwordHasher', () => {
  let hasher: PasswordHasher
  beforeAll(async () => {
    hasher = await passwordHasher(authConfig.parse({}).argon2)
  })

  test('makes argon2id hashes with the parameters that OWASP names, each with its own salt', async () => {
    const [one, two] = [await hasher.hash('correct horse'), await hasher.hash('correct horse')]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(two)
    expect(await hasher.verify(one, 'correct horse')).toBe(true)
    expect(await hasher.verify(one, 'correct horse ')).toBe(false)
    expect(hasher.isOutdated(one)).toBe(false)
    expect(hasher.isOutdated(one.replace('t=2', 't=1'))).toBe(true)
  })

  test('no account is as much work as a wrong password', async () => {
    const stored = await hasher.hash('correct horse')
    const cpuMs = async (against: string | undefined): Promise<number> => {
      const before = process.cpuUsage()
      for (let n = 0; n < 8; n += 1) expect(await hasher.verify(against, 'wrong wrong')).toBe(false)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    await cpuMs(stored)
    const [known, unknown] = [await cpuMs(stored), await cpuMs(undefined)]
    // Without the dummy hash the ratio is below a hundredth.
    expect(unknown / known).toBeGreaterThan(0.3)
    expect(unknown / known).toBeLessThan(3)
  })
})

describe('turnstile', () => {
  test('lets few in at one time, in order, and turns the rest away', async () => {
    const inTurn = turnstile({ concurrency: 2, maxWaiting: 3 })
    let inside = 0
    let most = 0
    const order: number[] = []
    const visit = (n: number) =>
      inTurn(async () => {
        inside += 1
        most = Math.max(most, inside)
        await new Promise(resolve => setTimeout(resolve, 5))
        inside -= 1
        order.push(n)
      })
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map(visit))
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(results.slice(5)).toMatchObject([5, 6].map(() => ({ reason: { code: 'RATE_LIMITED' } })))
  })

  test('work that fails gives its place back', async () => {
    const inTurn = turnstile({ concurrency: 1, maxWaiting: 1 })
    for (let n = 0; n < 3; n += 1) {
      await expect(inTurn(() => Promise.reject(new TypeError('no')))).rejects.toThrow('no')
    }
    expect(await inTurn(async () => 'in')).toBe('in')
  })
})
