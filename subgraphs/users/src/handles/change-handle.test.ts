import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { bucketOf, type ShardedDatabase } from '@marquee/data'
import { createProfiles } from '../accounts/create-profiles.ts'
import { dieAtEachStep, dyingDatabase } from '../testing/dying-database.ts'
import { interposed } from '../testing/interposed.ts'
import { idOn, startUsers, userId, type RunningUsers } from '../testing/start-users.ts'
import { sweep, sweepBounds } from '../upkeep/sweep.ts'
import { updateProfile } from '../writes/update-profile.ts'
import { claimHandles, type Claim } from './directory.ts'

// Many requests: on a busy machine they take their time.
jest.setTimeout(120_000)

let users: RunningUsers
let database: ShardedDatabase

beforeAll(async () => {
  users = await startUsers({}, 2)
  database = users.database
})
afterAll(() => users.stop())

/** However young: nobody is at work any more. */
const atOnce = { ...sweepBounds, handleAgeMs: -1000 }

/** A handle that nobody has, with its row on this shard. */
const handleOn = (shard: string): string => {
  for (;;) {
    const handle = `h_${randomUUID().slice(0, 13).replaceAll('-', '_')}`
    if (database.map().shardOf(bucketOf(handle)) === shard) return handle
  }
}

const handleOf = async (id: string): Promise<string | undefined> => {
  const found = await users.rows<{ handle: string }>('select handle from profile where id = $1', [id])
  return found[0]?.handle
}

const userOf = async (handle: string): Promise<string | null> => {
  const { data } = await users.ask('query ($handle: String!) { userByHandle(handle: $handle) { id } }', {
    handle,
  })
  return data.userByHandle?.id ?? null
}

/** Every profile has its handle in the directory, confirmed, and the directory has nothing else. */
const expectWhole = async (): Promise<void> => {
  const profiles = await users.rows<{ handle: string; id: string }>('select handle, id from profile')
  const directory = await users.rows<{ handle: string; id: string; is_pending: boolean }>(
    'select handle, owner_id as id, is_pending from handle_reservation',
  )
  const byHandle = (a: { handle: string }, b: { handle: string }) => (a.handle < b.handle ? -1 : 1)
  expect(directory.toSorted(byHandle)).toEqual(
    profiles.toSorted(byHandle).map(profile => ({ ...profile, is_pending: false })),
  )
}

const wish = async (id: string, handle: string, on = database): Promise<void> =>
  updateProfile(on, { id, handle: (await handleOf(id)) ?? '' }, { handle })

describe.each([
  { owner: 's1', from: 's2', to: 's2' },
  { owner: 's1', from: 's1', to: 's2' },
  { owner: 's2', from: 's2', to: 's2' },
])('a profile on $owner changes from a handle on $from to one on $to', shards => {
  test('and dies at any step: the handle of its profile finds it, no other does, and the sweeper settles it', async () => {
    const id = await users.profileOn(shards.owner)
    const from = handleOn(shards.from)
    await wish(id, from)
    let to = handleOn(shards.to)
    const died = await dieAtEachStep(
      database,
      dying => wish(id, to, dying),
      async () => {
        const now = (await handleOf(id))!
        for (const handle of [from, to]) {
          expect(await userOf(handle)).toBe(handle === now ? userId(id) : null)
        }
        await sweep(database, atOnce)
        await expectWhole()
        // What was given up can be had by others.
        const other = await users.profileOn('s1')
        await wish(other, now === to ? from : to)
        await wish(other, handleOn('s1'))
        await wish(id, from)
        to = handleOn(shards.to)
      },
    )
    expect(died).toBeGreaterThanOrEqual(8)
  })
})

test('an account is made a profile, and the process dies at any step', async () => {
  const accounts = Array.from({ length: 4 }, (_, n) => ({
    id: idOn(database, `s${(n % 2) + 1}`),
    name: 'Born twice',
  }))
  const died = await dieAtEachStep(
    database,
    async dying => {
      const made = await createProfiles(dying, accounts)
      for (const one of made.values()) if (one instanceof Error) throw one
    },
    async () => {
      await sweep(database, atOnce)
      await expectWhole()
    },
  )
  expect(died).toBeGreaterThan(4)
  for (const { id } of accounts) expect(await handleOf(id)).toMatch(/^born_twice/)
})

describe('two who want one handle at once', () => {
  test.each(['s1', 's2'])('(its row on %s) get it once, and the other one HANDLE_TAKEN', async shard => {
    const both = [await users.profileOn('s1'), await users.profileOn('s2')]
    const handle = handleOn(shard)
    const results = await Promise.allSettled(both.map(id => wish(id, handle)))
    const lost = results.filter(({ status }) => status === 'rejected')
    expect(lost).toMatchObject([{ reason: { code: 'HANDLE_TAKEN' } }])
    await expectWhole()
  })

  test('many times over, with sweepers in between: never has one handle two owners', async () => {
    const all = await Promise.all(['s1', 's2', 's1', 's2'].map(shard => users.profileOn(shard)))
    const handles = [handleOn('s1'), handleOn('s2'), handleOn('s2')]
    const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
    await Promise.all([
      ...Array.from({ length: 40 }, () => wish(anyOf(all), anyOf(handles)).catch(() => undefined)),
      ...Array.from({ length: 6 }, () => sweep(database)),
    ])
    await sweep(database, atOnce)
    await expectWhole()
  })
})

test('a claim that nobody uses keeps others away until the sweeper frees it', async () => {
  const [first, second] = [await users.profileOn('s1'), await users.profileOn('s2')]
  const handle = handleOn('s1')
  await claimHandles(database, [{ handle, ownerId: first }])
  expect(await userOf(handle)).toBeNull()
  await expect(wish(second, handle)).rejects.toMatchObject({ code: 'HANDLE_TAKEN' })
  await sweep(database)
  await expect(wish(second, handle)).rejects.toMatchObject({ code: 'HANDLE_TAKEN' })
  await sweep(database, atOnce)
  await wish(second, handle)
  await expectWhole()
})

test('who comes late to settle leaves alone what was claimed anew', async () => {
  const id = await users.profileOn('s1')
  const [first, second] = [handleOn('s1'), handleOn('s2')]
  await wish(id, first)
  const slow = interposed(database, async (owner, work) => {
    const result = await database.transaction(owner, work)
    // Its profile is written. Another process takes the first handle again, and dies before it settles that.
    if (owner === id) await wish(id, first, dyingDatabase(database, 6).dying)
    return result
  })
  await wish(id, second, slow)
  expect(await handleOf(id)).toBe(first)
  expect(await userOf(first)).toBe(userId(id))
  await sweep(database, atOnce)
  await expectWhole()
})

test('a process that stalls between claim and profile must claim again: the handle may be taken by then', async () => {
  const [slow, quick] = [await users.profileOn('s1'), await users.profileOn('s2')]
  const handle = handleOn('s1')
  let claims = 0
  const stalled = interposed(database, async (owner, work) => {
    const result = await database.transaction(owner, work)
    if (owner !== handle || (claims += 1) > 1) return result
    // A minute goes by: the sweeper has freed it, and somebody else has it.
    await sweep(database, atOnce)
    await wish(quick, handle)
    const minuteAgo = (claim: Claim): Claim => ({ ...claim, at: new Date(claim.at.getTime() - 60_000) })
    return (result as Claim[]).map(minuteAgo) as typeof result
  })
  const before = await handleOf(slow)
  await expect(wish(slow, handle, stalled)).rejects.toMatchObject({ code: 'HANDLE_TAKEN' })
  expect([await handleOf(slow), await handleOf(quick)]).toEqual([before, handle])
  await sweep(database, atOnce)
  await expectWhole()
})
