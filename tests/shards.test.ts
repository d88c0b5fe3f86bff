import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { isAlive } from './support/is-alive.ts'
import { askUntilFine, signUp } from './support/people.ts'
import { startPlatform, type Platform } from './support/platform.ts'
import { writersOf } from './support/rows.ts'
import { runCli, temporaryFolder } from './support/run-cli.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const upWith = (...args: readonly string[]): Promise<Platform> =>
  startPlatform({ folder: folder.path, args: [...args, '--no-watch', '--no-import'] })

const pidOf = ({ services }: Platform, name: string): number =>
  services.find(service => service.name === name)?.pid ?? 0

const postgresOf = ({ services }: Platform): readonly string[] =>
  services.map(({ name }) => name).filter(name => name.startsWith('postgres'))

/** Every server that `marquee db status` lists, as `name role`. */
const listed = async (): Promise<readonly string[]> => {
  const cli = runCli(['db', 'status', '--json', '--data', folder.path])
  const text = JSON.stringify(await cli.waitFor('db-status'))
  expect(await cli.exit).toBe(0)
  const found = text.matchAll(/"name":"(postgres[\w-]*)","role":"(\w+)"/g)
  return [...new Set([...found].map(([, name, role]) => `${name} ${role}`))].toSorted()
}

const count = async (url: string, sql: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Number((await client.query<{ count: string }>(sql)).rows[0]?.count)
  } finally {
    await client.end()
  }
}

const profilesByShard = async (): Promise<readonly number[]> =>
  Promise.all((await writersOf(folder.path, 'users')).map(url => count(url, 'select count(*) from profile')))

const tellsEmpty = (platform: Platform): unknown =>
  platform.cli.events.find(({ event }) => event === 'shards-empty')?.['shards']

describe('marquee up --shards', () => {
  const people: { name: string; token: string; id: string }[] = []

  const expectEverybody = async (platform: Platform): Promise<void> => {
    for (const { name, token, id } of people) {
      const viewer = await askUntilFine(platform, '{ viewer { id name } }', token)
      expect(viewer.data).toEqual({ viewer: { id, name } })
    }
  }

  test('spreads users over two servers, each of which comes back when it is killed', async () => {
    const platform = await upWith('--shards', '2')
    expect(postgresOf(platform)).toEqual(['postgres', 'postgres-shard-2'])
    expect(tellsEmpty(platform)).toBeUndefined()
    expect(await listed()).toEqual(['postgres writer', 'postgres-shard-2 writer'])
    while (people.length < 4 || (await profilesByShard()).includes(0)) {
      const name = `person${people.length}`
      people.push({ name, ...(await signUp(platform, name)) })
      await askUntilFine(platform, '{ viewer { name } }', people.at(-1)?.token)
    }
    for (const name of postgresOf(platform)) {
      const { url } = platform.services.find(service => service.name === name) ?? {}
      process.kill(pidOf(platform, name), 'SIGKILL')
      const again = await platform.cli.waitFor(
        'service-ready',
        event => event['service'] === name && event['restarts'] === 1,
      )
      expect(again).toMatchObject({ url })
      await expectEverybody(platform)
    }
    expect(await platform.stop()).toBe(0)
    expect(platform.services.filter(({ pid }) => isAlive(pid))).toEqual([])
  }, 90_000)

  test('finds the data again, also with a third server, which has nothing yet', async () => {
    const same = await upWith('--shards', '2')
    await expectEverybody(same)
    const before = await profilesByShard()
    expect(await same.stop()).toBe(0)

    const more = await upWith('--shards', '3')
    expect(tellsEmpty(more)).toEqual(['s3'])
    await expectEverybody(more)
    expect(await profilesByShard()).toEqual([...before, 0])
    expect(await more.stop()).toBe(0)
  }, 90_000)

  test('may be fewer again once what goes owns nothing, and not before', async () => {
    const fewer = runCli(['up', '--json', '--port', '0', '--data', folder.path, '--shards', '1'])
    expect(await fewer.exit).toBe(1)
    expect(fewer.events.at(-1)).toMatchObject({
      event: 'failed',
      code: 'SHARDS_NEEDED',
      message: expect.stringContaining('s2 owns 512 buckets'),
    })
    const pids = fewer.events.filter(({ event }) => event === 'service-ready').map(({ pid }) => Number(pid))
    expect(pids.filter(isAlive)).toEqual([])

    const two = await upWith('--shards', '2')
    expect(postgresOf(two)).toEqual(['postgres', 'postgres-shard-2'])
    await expectEverybody(two)
    expect(await two.stop()).toBe(0)
  }, 90_000)

  test('rows move to a shard that joined, and back, before it is left out again', async () => {
    const shards = async (...args: readonly string[]): Promise<void> => {
      const cli = runCli(['shards', ...args, '--yes', '--data', folder.path])
      if ((await cli.exit) !== 0) throw new Error(cli.output())
    }
    const three = await upWith('--shards', '3')
    expect(tellsEmpty(three)).toEqual(['s3'])
    await shards('rebalance')
    await expectEverybody(three)
    await shards('drain', 's3')
    await expectEverybody(three)
    expect((await profilesByShard())[2]).toBe(0)
    expect(await three.stop()).toBe(0)

    const two = await upWith('--shards', '2')
    expect(two.cli.output()).toContain('s3: owns nothing, and is left out')
    await expectEverybody(two)
    expect(await two.stop()).toBe(0)
  }, 180_000)

  test('is refused when the data of one is gone', async () => {
    const place = join(folder.path, 'postgres-shard-2')
    await rename(place, `${place}.away`)
    for (const _again of [1, 2]) {
      const cli = runCli(['up', '--json', '--port', '0', '--data', folder.path, '--shards', '2'])
      expect(await cli.exit).toBe(1)
      expect(cli.events.at(-1)).toMatchObject({ event: 'failed', code: 'SHARD_LOST' })
    }
    await rm(place, { recursive: true })
    await rename(`${place}.away`, place)
    const whole = await upWith('--shards', '2')
    await expectEverybody(whole)
    expect(await whole.stop()).toBe(0)
  }, 90_000)

  test('kill -9 of the supervisor leaves no server behind that the next start leaves out', async () => {
    const three = await upWith('--shards', '3', '--only', 'auth')
    three.cli.child.kill('SIGKILL')
    await three.cli.exit
    const two = await upWith('--shards', '2', '--only', 'auth')
    expect(three.services.filter(({ pid }) => isAlive(pid))).toEqual([])
    expect(await two.stop()).toBe(0)
  }, 60_000)
})

test('one shard becomes two: the first keeps everything until it is told otherwise', async () => {
  const own = await temporaryFolder()
  const up = (shards: number): Promise<Platform> =>
    startPlatform({ folder: own.path, args: ['--shards', String(shards), '--no-watch', '--no-import'] })
  const one = await up(1)
  const { token, id } = await signUp(one, 'first')
  await askUntilFine(one, '{ viewer { id } }', token)
  expect(await one.stop()).toBe(0)
  const two = await up(2)
  expect(tellsEmpty(two)).toEqual(['s2'])
  expect((await askUntilFine(two, '{ viewer { id } }', token)).data).toEqual({ viewer: { id } })
  expect(await two.stop()).toBe(0)
  await own.remove()
}, 90_000)

test('each shard fails over by itself', async () => {
  const own = await temporaryFolder()
  const platform = await startPlatform({
    folder: own.path,
    args: ['--shards', '2', '--replicas', '2', '--only', 'auth', '--no-import', '--no-watch'],
  })
  expect(postgresOf(platform)).toHaveLength(6)
  const isArmed = async (): Promise<boolean> =>
    (await count(
      (await writersOf(own.path, 'users'))[1] ?? '',
      `select count(*) from pg_stat_replication where sync_state = 'quorum'`,
    )) === 2
  while (!(await isArmed()));
  process.kill(pidOf(platform, 'postgres-shard-2'), 'SIGKILL')
  const failover = await platform.cli.waitFor('database-failover')
  expect(failover).toMatchObject({ set: 'postgres-shard-2', from: 'postgres-shard-2', reason: 'died' })
  await platform.cli.waitFor('database-rejoined', event => event['server'] === 'postgres-shard-2')
  expect(await platform.stop()).toBe(0)
  expect(platform.services.filter(({ pid }) => isAlive(pid))).toEqual([])
  await own.remove()
}, 90_000)
