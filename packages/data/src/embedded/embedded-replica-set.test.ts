import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { testPassword } from '../testing/cluster-template.ts'
import { keepReplicaSet, type KeptReplicaSet } from '../testing/kept-replica-set.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { lostWrites, writeLoad, type WriteLoad } from '../testing/write-load.ts'
import { fence } from './cluster-role.ts'
import { backendsIn, signal } from './processes.ts'
import { promote } from './promote.ts'
import { writeState } from './server-state.ts'
import { startPostgres } from './start-postgres.ts'
import { withClient } from '../with-client.ts'

let base = ''
let folder = ''
let kept: KeptReplicaSet[] = []
let load: WriteLoad | undefined

beforeEach(async () => {
  base = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(base, 0o711)
  folder = join(base, 'postgres')
  await mkdir(folder)
  await writeState(folder, { port: 0, password: testPassword })
  kept = []
  load = undefined
})
afterEach(async () => {
  await load?.stop()
  for (const one of kept) await one.stop()
  await rm(base, { recursive: true, force: true })
})

const keep = async (replicas: number, hangMs = 1500): Promise<KeptReplicaSet> => {
  const one = await keepReplicaSet({ folder, replicas, hangMs })
  kept.push(one)
  return one
}

const until = async (holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> => {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${holds.toString()}`)
    await after(20)
  }
}

const writerUrl = ({ set }: KeptReplicaSet): string => set.databases()['films']?.writer ?? ''

const ask = <T>(url: string, sql: string): Promise<T[]> =>
  withClient(url, async client => (await client.query(sql)).rows as T[])

/** Names of the replicas that the writer streams to, with how its commits treat them. */
const streams = (one: KeptReplicaSet): Promise<{ name: string; sync: string }[]> =>
  ask(
    writerUrl(one),
    `select application_name as name, sync_state as sync from pg_stat_replication where state = 'streaming' order by 1`,
  )

describe('a replica set', () => {
  test('with one replica does not wait for it, and starts a writer that died again as what it was', async () => {
    const one = await keep(1)
    expect(await streams(one)).toEqual([{ name: 'postgres-replica-1', sync: 'async' }])
    expect(one.set.databases()['films']?.readers).toHaveLength(1)
    const before = one.servers.get('postgres')
    await ask(writerUrl(one), 'create table film as select 1 as n')
    signal(before?.pid ?? 0, 'SIGKILL')
    await until(() => (one.servers.get('postgres') ?? before) !== before)
    expect(one.set.writer).toBe('postgres')
    expect(one.events).toEqual([])
    expect(await ask(writerUrl(one), 'select n from film')).toEqual([{ n: 1 }])
  })

  test('runs with 0, 1, 2 and 0 replicas over the same folder, and keeps no WAL for those that are gone', async () => {
    for (const replicas of [0, 1, 2, 0]) {
      const one = await keep(replicas)
      await until(async () => (await streams(one)).length === replicas)
      const slots = await ask<{ name: string }>(
        writerUrl(one),
        'select slot_name as name from pg_replication_slots',
      )
      expect(slots).toHaveLength(replicas)
      await ask(writerUrl(one), 'create table if not exists film (n int)')
      await ask(writerUrl(one), 'insert into film values (1)')
      await one.stop()
    }
    const last = await keep(0)
    expect(await ask(writerUrl(last), 'select count(*)::int as n from film')).toEqual([{ n: 4 }])
  })

  test('loses no acknowledged write when its writer is killed under load; the old one comes back as a replica', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    const { acknowledged, longestStallMs } = (load = writeLoad(() => writerUrl(one)))
    for (let round = 1; round <= 3; round += 1) {
      await until(() => one.set.isArmed && one.servers.size === 3)
      await until(async () => (await streams(one)).length === 2)
      const from = one.set.writer
      await after(300)
      longestStallMs()
      signal(one.servers.get(from)?.pid ?? 0, 'SIGKILL')
      await until(() => one.events.filter(({ event }) => event === 'database-failover').length === round)
      await until(() => one.events.filter(({ event }) => event === 'database-rejoined').length === round)
      const names = (await streams(one)).map(({ name }) => name)
      expect(names).toContain(from)
      expect(await lostWrites(writerUrl(one), acknowledged)).toEqual([])
      expect(longestStallMs()).toBeLessThan(5000)
    }
    await load.stop()
    expect(await lostWrites(writerUrl(one), acknowledged)).toEqual([])
    const { writer } = one.set
    await one.stop()

    // Who writes is in the data, not in the name.
    const again = await keep(2)
    expect(again.set.writer).toBe(writer)
    expect(again.lines.filter(line => line.includes('copying'))).toEqual([])
    expect(await lostWrites(writerUrl(again), acknowledged)).toEqual([])
  })

  test('kills a writer that hangs, and puts a replica in its place', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    const before = one.servers.get('postgres')
    await ask(writerUrl(one), 'create table film as select 1 as n')
    signal(before?.pid ?? 0, 'SIGSTOP')
    await until(() => one.events.length > 0)
    expect(one.events[0]).toMatchObject({
      event: 'database-failover',
      from: 'postgres',
      reason: 'hung',
      timeline: 2,
    })
    expect(await ask(writerUrl(one), 'select n from film')).toEqual([{ n: 1 }])
    await until(() => one.events.some(({ event }) => event === 'database-rejoined'))
  })

  test('kills a replica that hangs, which then comes back', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    const before = one.servers.get('postgres-replica-1')
    for (const pid of [before?.pid ?? 0, ...(await backendsIn(before?.data ?? ''))]) signal(pid, 'SIGSTOP')
    await until(() => (one.servers.get('postgres-replica-1') ?? before) !== before)
    await until(async () => one.set.isArmed && (await streams(one)).length === 2)
    expect(one.events).toEqual([])
  })

  test('starts the writer again, rather than lose what a replica that does not answer may have', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    load = writeLoad(() => writerUrl(one))
    await until(() => (load?.acknowledged.length ?? 0) > 100)
    const hung = one.servers.get('postgres-replica-1')
    signal(hung?.pid ?? 0, 'SIGSTOP')
    for (const pid of await backendsIn(hung?.data ?? '')) signal(pid, 'SIGSTOP')
    try {
      await after(300)
      const before = one.servers.get('postgres')
      signal(before?.pid ?? 0, 'SIGKILL')
      await until(() => one.events.length > 0)
      expect(one.events[0]).toMatchObject({
        event: 'database-failover-refused',
        writer: 'postgres',
        reason: expect.stringContaining(
          'postgres-replica-1, which may have the last writes, does not answer',
        ),
      })
      await until(() => (one.servers.get('postgres') ?? before) !== before)
    } finally {
      for (const pid of await backendsIn(hung?.data ?? '')) signal(pid, 'SIGCONT')
      signal(hung?.pid ?? 0, 'SIGCONT')
    }
    expect(one.set.writer).toBe('postgres')
    expect(await lostWrites(writerUrl(one), load.acknowledged)).toEqual([])
    await until(() => one.set.isArmed)
  })

  test('does not stall for replicas that all died, and waits for them again when they are back', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    load = writeLoad(() => writerUrl(one))
    await until(() => (load?.acknowledged.length ?? 0) > 100)
    load.longestStallMs()
    for (const name of ['postgres-replica-1', 'postgres-replica-2']) {
      signal(one.servers.get(name)?.pid ?? 0, 'SIGKILL')
    }
    await until(() => !one.set.isArmed)
    await until(() => one.set.isArmed && one.servers.size === 3)
    expect(load.longestStallMs()).toBeLessThan(3000)
    await until(async () => (await streams(one)).every(({ sync }) => sync === 'quorum'))
    expect(one.events).toEqual([])
    expect(one.lines.filter(line => line.includes('copying'))).toHaveLength(2)
  })

  test('reads from the data who the writer is, wherever a failover was broken off', async () => {
    const one = await keep(2)
    await until(() => one.set.isArmed)
    await ask(writerUrl(one), 'create table film as select 1 as n')
    const [writer, next] = [one.servers.get('postgres'), one.servers.get('postgres-replica-1')]
    if (writer === undefined || next === undefined) throw new Error('none')

    // Before the promotion: the old writer is fenced, and nobody has taken its place.
    await one.stop()
    await fence(writer.folder, writer.data)
    const again = await keep(2)
    expect(again.set.writer).toBe('postgres')
    await ask(writerUrl(again), 'insert into film values (2)')
    await until(() => again.set.isArmed)
    const [promoted, old] = [again.servers.get('postgres-replica-1'), again.servers.get('postgres')]
    if (promoted === undefined || old === undefined) throw new Error('none')

    // After it: there are two that say so, and the one with the later timeline is right.
    await promote(promoted)
    await ask(promoted.url('films'), 'insert into film values (3)')
    await again.stop()
    const last = await keep(1)
    expect(last.set.writer).toBe('postgres-replica-1')
    expect(last.set.members).toEqual(['postgres-replica-1', 'postgres'])
    expect(await ask(writerUrl(last), 'select n from film order by n')).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ])
    await expect(
      ask(last.servers.get('postgres')?.url('films') ?? '', 'delete from film'),
    ).rejects.toMatchObject({
      code: '25006',
    })
  })

  test('does not guess between two databases that are not the same one', async () => {
    const one = await keep(0)
    await one.stop()
    const other = `${folder}-replica-1`
    await mkdir(other)
    await writeState(other, { port: 0, password: testPassword })
    const stranger = await startPostgres({ folder: other, durable: false })
    await stranger.stop()
    await expect(keep(1)).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringContaining('different databases'),
    })
  })
})
