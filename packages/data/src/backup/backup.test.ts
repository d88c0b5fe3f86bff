import { chmod, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { backendsIn, signal } from '../embedded/processes.ts'
import { writeState } from '../embedded/server-state.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { writeLoad } from '../testing/write-load.ts'
import { withClient } from '../with-client.ts'
import { backUp, type BackupOptions, type BackupResult } from './back-up.ts'
import { listBackups } from './list-backups.ts'
import { restore, type Restored, type RestoreOptions } from './restore.ts'
import { tendArchive } from './tend-archive.ts'

let root = ''
const names = ['postgres', 'postgres-shard-2'] as const
let servers: PostgresServer[] = []

const folderOf = (name: string, data = 'data'): string => join(root, data, name)
const into = (): string => join(root, 'backups')

const start = async (name: string, data = 'data', archived = true): Promise<PostgresServer> => {
  await mkdir(folderOf(name, data), { recursive: true })
  const server = await startPostgres({
    folder: folderOf(name, data),
    durable: false,
    createCluster: copyTemplate,
    ...(archived
      ? { archive: { folder: join(root, "it's 100% log", name), mayMove: false, timeoutS: 1 } }
      : {}),
  })
  await server.ensureDatabases(['films'])
  return server
}

const sql = async <T extends object>(server: PostgresServer, text: string): Promise<T[]> =>
  (await withClient(server.url('films'), client => client.query<T>(text))).rows

const note = (server: PostgresServer, text: string): Promise<object[]> =>
  sql(server, `insert into note values ('${text}')`)
const notes = async (server: PostgresServer): Promise<readonly string[]> =>
  (await sql<{ text: string }>(server, 'select text from note order by text')).map(({ text }) => text)
const idsOf = async (server: PostgresServer): Promise<readonly number[]> =>
  (await sql<{ id: string }>(server, 'select id from written order by id')).map(({ id }) => Number(id))

const make = (more: Partial<BackupOptions> = {}): Promise<BackupResult> =>
  backUp({
    servers: servers.map((server, index) => ({
      name: names[index] ?? '',
      shard: index + 1,
      url: server.url('films'),
    })),
    into: into(),
    kept: [join(root, 'secret')],
    keep: 10,
    ...more,
  })

const bringBack = (backup: string, data: string, more: Partial<RestoreOptions> = {}): Promise<Restored> =>
  restore({
    backup,
    folder: join(root, data),
    shards: names.map(name => folderOf(name, data)),
    force: false,
    ...more,
  })

/** All that was written until now is in the archive. */
const archived = async (server: PostgresServer): Promise<void> => {
  const name = `select pg_walfile_name(pg_current_wal_lsn()) as name`
  const [at] = await sql<{ name: string }>(server, name)
  await tendArchive(server.url('films'))
  await sql(server, 'select pg_switch_wal()')
  for (let waited = 0; waited < 10_000; waited += 50) {
    const last = "select coalesce(last_archived_wal, '') as name from pg_stat_archiver"
    const [done] = await sql<{ name: string }>(server, last)
    if ((done?.name ?? '') >= (at?.name ?? '?')) return
    await after(50)
  }
  throw new Error('nothing is archived')
}

const kill = async (server: PostgresServer): Promise<void> => {
  for (const pid of [server.pid, ...(await backendsIn(server.data))]) signal(pid, 'SIGKILL')
  await server.exited
  await server.stop()
}

beforeAll(async () => {
  root = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(root, 0o711)
  await mkdir(join(root, 'data'), { mode: 0o711 })
  for (const name of names) {
    await mkdir(folderOf(name))
    await writeState(folderOf(name), { port: 0, password: testPassword })
  }
  servers = await Promise.all(names.map(name => start(name)))
  for (const server of servers) await sql(server, 'create table note (text text primary key)')
}, 120_000)
afterAll(async () => {
  await Promise.all(servers.map(server => server.stop()))
  await rm(root, { recursive: true, force: true })
}, 60_000)

describe('a backup', () => {
  let first: BackupResult
  let between = ''

  test('is made while the servers are written to', async () => {
    const [one, two] = servers
    if (one === undefined || two === undefined) throw new Error('no servers')
    const load = writeLoad(() => one.url('films'))
    while (load.acknowledged.length < 200) await after(10)
    const known = [...load.acknowledged]
    first = await make()
    await note(one, 'before')
    await note(two, 'before')
    const [row] = await sql<{ now: string }>(one, 'select clock_timestamp()::text as now')
    between = row?.now ?? ''
    await note(one, 'after')
    await note(two, 'after')
    await load.stop()
    expect(first.manifest.servers.map(({ name }) => name)).toEqual(names)
    expect(first.manifest.bytes).toBeGreaterThan(10e6)
    expect(await readdir(into())).toEqual([first.manifest.id])

    const { servers: brought } = await bringBack(first.folder, 'moment')
    expect(brought.map(({ timeline }) => timeline)).toEqual([2, 2])
    const again = await start('postgres', 'moment', false)
    const ids = await idsOf(again)
    // All from before it, and none from after its moment: a commit number that is there has all its elders.
    expect(known.every(id => ids.includes(id))).toBe(true)
    expect(ids.length).toBeLessThan(load.acknowledged.length)
    expect(await notes(again)).toEqual([])
    await again.stop()
  }, 120_000)

  test('brings every server to a moment between two writes, after all was destroyed', async () => {
    for (const server of servers) await archived(server)
    await Promise.all(servers.map(kill))
    await rm(join(root, 'data'), { recursive: true, force: true })
    const target = { kind: 'time', time: between, timeline: 'latest' } as const
    await bringBack(first.folder, 'data', { target })
    servers = await Promise.all(names.map(name => start(name)))
    for (const server of servers) expect(await notes(server)).toEqual(['before'])
    // And it goes on from there, archived.
    for (const server of servers) {
      await note(server, 'later')
      await archived(server)
    }
  }, 120_000)

  test('can go as far as the archive does', async () => {
    const target = { kind: 'latest' } as const
    await bringBack(first.folder, 'newest', { target })
    for (const name of names) {
      const server = await start(name, 'newest', false)
      expect(await notes(server)).toEqual(['before', 'later'])
      await server.stop()
    }
  }, 120_000)

  test('goes nowhere when the log does not reach so far, and leaves all as it was', async () => {
    const time = new Date(Date.now() + 3_600_000).toISOString()
    await expect(
      bringBack(first.folder, 'never', { target: { kind: 'time', time, timeline: 'latest' } }),
    ).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(
        /recovery ended before .* \(the last transaction in the log is of 2\d{3}-/,
      ),
    })
    expect(await readdir(folderOf('postgres', 'never'))).not.toContain('data')
    const earlier = { kind: 'time', time: '2020-01-01T00:00:00Z', timeline: 'latest' } as const
    await expect(bringBack(first.folder, 'never', { target: earlier })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    })
  }, 120_000)

  test('is not restored over data, unless that is moved aside', async () => {
    await expect(bringBack(first.folder, 'moment')).rejects.toMatchObject({ code: 'RESTORE_REFUSED' })
    const { movedAside } = await bringBack(first.folder, 'moment', { force: true })
    expect(movedAside).toHaveLength(2)
    const again = await start('postgres', 'moment', false)
    await expect(bringBack(first.folder, 'moment', { force: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('runs over'),
    })
    await again.stop()
  }, 120_000)

  test('is refused when a byte of it is another', async () => {
    const { folder, manifest } = await make()
    const victim = manifest.files.find(({ path }) => /base\/\d+\/1259$/.test(path))?.path ?? ''
    const file = await open(join(folder, victim), 'r+')
    await file.write('x', 5000)
    await file.close()
    await expect(bringBack(folder, 'never')).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining(victim),
    })
    await rm(join(folder, victim))
    await expect(bringBack(folder, 'never')).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' })
    await rm(folder, { recursive: true })
  }, 60_000)

  test('that is broken off leaves none, nor anything held at the server', async () => {
    const before = (await listBackups(into())).length
    const stop = new AbortController()
    const broken = make({
      signal: stop.signal,
      onProgress: ({ step }) => step === 'copying' && stop.abort(new Error('it was stopped')),
    })
    await expect(broken).rejects.toMatchObject({ code: 'BACKUP_FAILED' })
    expect(await readdir(into())).toHaveLength(before)
    await after(200)
    for (const server of servers)
      expect(await sql(server, 'select slot_name from pg_replication_slots')).toEqual([])
  }, 60_000)

  test('makes room: the oldest go', async () => {
    const { dropped, manifest } = await make({ keep: 1 })
    expect(dropped).toEqual([first.manifest.id])
    expect((await listBackups(into())).map(({ id }) => id)).toEqual([manifest.id])
  }, 60_000)
})

test('an archive that cannot be written to is seen, and one that can again goes on', async () => {
  const [server] = servers
  if (server === undefined) throw new Error('no server')
  const [row] = await sql<{ archive: string }>(server, `select current_setting('marquee.archive') as archive`)
  const archive = row?.archive ?? ''
  await rm(archive, { recursive: true })
  await note(server, 'unarchived')
  await sql(server, 'select pg_switch_wal()')
  const until = async (isFailing: boolean): Promise<void> => {
    for (let waited = 0; waited < 15_000; waited += 100) {
      if ((await tendArchive(server.url('films'))).isFailing === isFailing) return
      await after(100)
    }
    throw new Error(`archiving is not ${isFailing ? 'failing' : 'well'}`)
  }
  await until(true)
  expect((await tendArchive(server.url('films'))).waitingBytes).toBeGreaterThan(0)
  await mkdir(archive)
  await chmod(archive, 0o777)
  await sql(server, 'select pg_reload_conf()')
  // The archiver tries again once a minute, and when there is more.
  await sql(server, "insert into note values ('more'); select pg_switch_wal()")
  await until(false)
}, 90_000)
