import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { writeState } from '../embedded/server-state.ts'
import { testPassword } from '../testing/cluster-template.ts'
import { keepReplicaSet, type KeptReplicaSet } from '../testing/kept-replica-set.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { examine, type Examination } from './examine.ts'
import { doctorConfig, type Thresholds } from './thresholds.ts'

let folder: string
let kept: KeptReplicaSet
let writerUrl = ''
let replicaUrl = ''
let writer: pg.Client
let replica: pg.Client

beforeAll(async () => {
  folder = tempFolder()
  // As root the servers run as another user, who must get through.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'postgres'))
  await writeState(join(folder, 'postgres'), { port: 0, password: testPassword })
  kept = await keepReplicaSet({ folder: join(folder, 'postgres'), replicas: 1 })
  for (const [name, server] of kept.servers) {
    if (name === kept.set.writer) writerUrl = server.url('films')
    else replicaUrl = server.url('films')
  }
  writer = new pg.Client({ connectionString: writerUrl })
  replica = new pg.Client({ connectionString: replicaUrl })
  await Promise.all([writer.connect(), replica.connect()])
  await writer.query('create table film (id int primary key, owner int) with (autovacuum_enabled = off)')
  await writer.query('insert into film select n, n from generate_series(1, 20000) n')
  await writer.query('create index film_owner on film (owner)')
  await writer.query('create index film_spare on film (owner, id)')
  await writer.query('select pg_stat_force_next_flush()')
  await writer.query('analyze')
  await writer.query('select pg_stat_statements_reset()')
}, 60_000)
afterAll(async () => {
  await Promise.all([writer.end(), replica.end()])
  await kept.stop()
  await rm(folder, { recursive: true, force: true })
})

const look = (urls: readonly string[], thresholds: Partial<Thresholds> = {}): Promise<Examination> =>
  examine({ database: 'films', urls, thresholds: doctorConfig.parse(thresholds), before: null })

const unused = { minIndexBytes: 100_000, unusedDays: 0 }

const replayed = async (): Promise<void> => {
  const { rows } = await writer.query<{ at: string }>('select pg_current_wal_lsn()::text as at')
  for (;;) {
    const now = await replica.query<{ is: boolean }>('select pg_last_wal_replay_lsn() >= $1::pg_lsn as is', [
      rows[0]?.at,
    ])
    if (now.rows[0]?.is === true) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('the writer is found on whichever side it is listed, and all is well', async () => {
  await replayed()
  const { findings, writerUrl: found, snapshot } = await look([replicaUrl, writerUrl])
  expect(found).toBe(writerUrl)
  expect(snapshot).not.toBeNull()
  expect(findings.filter(({ check }) => check !== 'duplicate-index')).toEqual([])
})

test('an index that only a replica reads is used', async () => {
  await replica.query('set enable_seqscan = off')
  await replica.query('set enable_indexonlyscan = off')
  await replica.query('select * from film where owner = 7')
  await replica.query('select pg_stat_force_next_flush()')
  const objects = async (...urls: string[]) =>
    (await look(urls, unused)).findings
      .filter(({ check }) => check === 'unused-index')
      .map(({ object }) => object)
  expect((await objects(writerUrl)).toSorted()).toEqual(['film_owner', 'film_spare'])
  expect(await objects(writerUrl, replicaUrl)).toHaveLength(1)
})

test('a replica that does not replay is found from both sides; one that has only rested is not', async () => {
  await replica.query('select pg_wal_replay_pause()')
  await writer.query('update film set owner = owner + 1')
  await new Promise(resolve => setTimeout(resolve, 1200))
  const { findings } = await look([writerUrl, replicaUrl], { maxLagMs: 1000, maxLagBytes: 100_000 })
  const late = findings.filter(({ check }) => check === 'replica-lag')
  expect(late.map(({ server }) => server).toSorted()).toEqual(
    [writerUrl, replicaUrl].map(url => new URL(url).host).toSorted(),
  )
  await replica.query('select pg_wal_replay_resume()')
  await replayed()
  await new Promise(resolve => setTimeout(resolve, 1200))
  const after = await look([writerUrl, replicaUrl], { maxLagMs: 1000, maxLagBytes: 100_000 })
  expect(after.findings.filter(({ check }) => check === 'replica-lag')).toEqual([])
})

test('a server that cannot be reached is a finding, and the others are looked at', async () => {
  const { findings, writerUrl: found } = await look(['postgres://a:b@127.0.0.1:1/films', writerUrl])
  expect(findings.filter(({ check }) => check === 'unreachable')).toMatchObject([
    { server: '127.0.0.1:1', severity: 'critical' },
  ])
  expect(found).toBe(writerUrl)
})
