import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { fence, systemIdentifier } from './cluster-role.ts'
import { signal } from './processes.ts'
import { writeState } from './server-state.ts'
import { startPostgres, type PostgresServer } from './start-postgres.ts'
import { startReplica } from './start-replica.ts'
import { withClient } from '../with-client.ts'

let folder = ''
let running: PostgresServer[] = []
let lines: string[] = []
let writer: PostgresServer

const log = (line: string): void => void lines.push(line)
const ask = async <T>(server: PostgresServer, sql: string): Promise<T[]> =>
  withClient(server.url('postgres'), async client => (await client.query(sql)).rows as T[])

const startWriter = async (): Promise<PostgresServer> => {
  const server = await startPostgres({
    folder: join(folder, 'writer'),
    createCluster: copyTemplate,
    durable: false,
  })
  running.push(server)
  return server
}

const replica = async (): Promise<PostgresServer> => {
  const server = await startReplica({
    folder: join(folder, 'replica'),
    name: 'replica-1',
    writer,
    log,
    durable: false,
  })
  running.push(server)
  return server
}

/** Until the replica has replayed all that the writer has written by now. */
const caughtUp = async (server: PostgresServer): Promise<void> => {
  const [at] = await ask<{ lsn: string }>(writer, 'select pg_current_wal_flush_lsn()::text as lsn')
  for (;;) {
    const sql = `select pg_last_wal_replay_lsn() >= '${at?.lsn}'::pg_lsn as ok`
    if ((await ask<{ ok: boolean }>(server, sql))[0]?.ok === true) return
  }
}

beforeEach(async () => {
  folder = tempFolder()
  running = []
  lines = []
  // As root the servers run as another user, who must get through.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'writer'))
  await writeState(join(folder, 'writer'), { port: 0, password: testPassword })
  writer = await startWriter()
  await ask(writer, 'create table film as select 1 as n')
})
afterEach(async () => {
  await Promise.all(running.map(server => server.stop()))
  await rm(folder, { recursive: true, force: true })
})

const copies = (): number => lines.filter(line => line.includes('copying')).length

describe('a replica', () => {
  test('has what its writer has, takes no write, and goes on from where it was after a restart', async () => {
    const first = await replica()
    await ask(writer, 'insert into film values (2)')
    await caughtUp(first)
    expect(await ask(first, 'select n from film order by n')).toEqual([{ n: 1 }, { n: 2 }])
    await expect(ask(first, 'insert into film values (3)')).rejects.toMatchObject({ code: '25006' })
    expect(
      await ask(writer, `select application_name as name, sync_state as sync from pg_stat_replication`),
    ).toEqual([{ name: 'replica-1', sync: 'async' }])

    signal(first.pid, 'SIGKILL')
    await first.exited
    await ask(writer, 'insert into film values (3)')
    const second = await replica()
    await caughtUp(second)
    expect(await ask(second, 'select count(*)::int as n from film')).toEqual([{ n: 3 }])
    expect(second.port).toBe(first.port)
    expect(copies()).toBe(1)
  })

  test.each([
    [
      'a cluster of another identity',
      async (data: string) => rm(data, { recursive: true }).then(() => mkdir(data)),
    ],
    ['a writer of before, now fenced', async (data: string) => fence(join(data, '..'), data)],
    ['half a copy', async (data: string) => rm(join(data, 'PG_VERSION'))],
  ])('over %s is copied anew', async (_what, spoil) => {
    const first = await replica()
    await first.stop()
    await spoil(first.data)
    const second = await replica()
    expect(copies()).toBe(2)
    await caughtUp(second)
    expect(await systemIdentifier(second.data)).toBe(await systemIdentifier(writer.data))
    expect(await readdir(second.folder)).not.toContain('fenced')
  })

  test('whose WAL is gone is copied anew', async () => {
    const first = await replica()
    await first.stop()
    await ask(writer, `select pg_drop_replication_slot('marquee_replica_1')`)
    await ask(writer, 'insert into film values (2)')
    const second = await replica()
    expect(copies()).toBe(2)
    await caughtUp(second)
  })

  test('that cannot be copied leaves nothing that looks whole', async () => {
    await mkdir(join(folder, 'replica'))
    await writeFile(join(writer.data, 'pg_tblspc', '1'), '')
    await expect(replica()).rejects.toMatchObject({ code: 'POSTGRES_START_FAILED' })
    expect(existsSync(join(folder, 'replica', 'data'))).toBe(false)
    expect(existsSync(join(folder, 'replica', 'data.new'))).toBe(false)
    await rm(join(writer.data, 'pg_tblspc', '1'))
    await replica()
  })
})
