import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import type { Platform } from './platform.ts'

/** Asks again until the answer has no errors: what a client that retries would see. */
export const askUntilFine = async (
  platform: Platform,
  query: string,
  token?: string,
): ReturnType<Platform['ask']> => {
  for (const deadline = Date.now() + 15_000; ; await sleep(100)) {
    try {
      const answer = await platform.ask(query, {}, token)
      if (answer.errors.length === 0 || Date.now() > deadline) return answer
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

export const signUp = async (platform: Platform, name: string): Promise<{ token: string; id: string }> => {
  const answer = await platform.ask(
    'mutation ($i: SignUpInput!) { signUp(input: $i) { accessToken user { id } } }',
    { i: { email: `${name}@up.example`, password: 'a long enough password', name } },
  )
  expect(answer.errors).toEqual([])
  return { token: answer.data.signUp.accessToken, id: answer.data.signUp.user.id }
}
