import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startUsers, type RunningUsers } from '../testing/start-users.ts'
import { startSweeper } from './start-sweeper.ts'

let users: RunningUsers

beforeAll(async () => {
  users = await startUsers()
})
afterAll(() => users.stop())

const logOf = () => {
  const said: string[] = []
  const note = (_details: object, message: string): void => void said.push(message)
  return { said, log: { info: note, warn: note } as never }
}

/** A task of an hour ago, that nobody carried. */
const leaveTask = async (): Promise<void> => {
  const [one, other] = [await users.profileOn('users_1'), await users.profileOn('users_1')]
  await users.write(
    one,
    `insert into follow_task (follower_id, bucket, followee_id, at)
     values ($1, marquee.bucket_of($1::uuid::text), $2, now() - interval '1 hour')`,
    [one, other],
  )
}

test('sweeps from time to time, says what there was, and ends', async () => {
  const { said, log } = logOf()
  const end = startSweeper(users.database, { everyMs: 20, log })
  await leaveTask()
  while ((await users.rows('select from follow_task')).length > 0) await after(10)
  await end()
  expect(said).toEqual(['swept what had broken off between shards'])
  await leaveTask()
  await after(60)
  expect(await users.rows('select from follow_task')).toHaveLength(1)
  expect(said).toHaveLength(1)
})

test('a sweep that fails is no end: the next one goes on', async () => {
  const { said, log } = logOf()
  const broken = { scatter: () => Promise.reject(new Error('no')) } as never
  const end = startSweeper(broken, { everyMs: 5, log })
  while (said.length < 2) await after(5)
  await end()
  expect(said[1]).toBe('a sweep failed; the next one goes on')
})
