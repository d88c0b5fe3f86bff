import { mkdir, rm, chmod } from 'node:fs/promises'
import { connect, createServer, type Server as Proxy } from 'node:net'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dataConfig } from '../config.ts'
import type { Database } from '../database.ts'
import { writeState } from '../embedded/server-state.ts'
import { openDatabase } from '../open-database.ts'
import { sqlRows } from '../sql-rows.ts'
import { testPassword } from '../testing/cluster-template.ts'
import { filmModel } from '../testing/film-model.ts'
import { keepReplicaSet, type KeptReplicaSet } from '../testing/kept-replica-set.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { labelOf, namesIn, resolveNames, targetsOf } from './resolve-servers.ts'

const url = (host: string): string => `postgres://me:secret@${host}/films`
const keys = (urls: readonly string[], answers: Record<string, readonly string[]>): readonly string[] =>
  targetsOf(urls.map(url), new Map(Object.entries(answers))).map(
    target => `${target.address === undefined ? '' : 'at '}${labelOf(target)}`,
  )

describe('the servers that addresses mean', () => {
  test('are the addresses, where there are no names', () => {
    expect(namesIn([url('10.0.0.1'), url('[::1]:5433'), url('db:5433'), url('db:5434')])).toEqual(['db'])
    expect(keys(['10.0.0.1', '10.0.0.2:5433', '10.0.0.1'], {})).toEqual(['10.0.0.1:5432', '10.0.0.2:5433'])
  })

  test('are as many as a name has addresses; one address is left to each connection', () => {
    expect(keys(['db'], { db: ['10.0.0.1'] })).toEqual(['db:5432'])
    expect(keys(['db:5433'], { db: ['10.0.0.1', '10.0.0.2'] })).toEqual([
      'at 10.0.0.1:5433',
      'at 10.0.0.2:5433',
    ])
    expect(keys(['db'], {})).toEqual(['db:5432'])
  })

  test('are one where several ways lead to it', () => {
    const answers = { rw: ['10.0.0.1'], all: ['10.0.0.1', '10.0.0.2'], too: ['10.0.0.2', '10.0.0.3'] }
    expect(keys(['rw', 'all', 'too'], answers)).toEqual(['rw:5432', 'at 10.0.0.2:5432', 'at 10.0.0.3:5432'])
    expect(keys(['rw', '10.0.0.1'], answers)).toEqual(['rw:5432'])
  })

  test('stay when nobody can say any more', async () => {
    const known = new Map([['db', ['10.0.0.1', '10.0.0.2']]])
    expect(await resolveNames(['db'], () => Promise.reject(new Error('SERVFAIL')), known)).toEqual(known)
    expect(await resolveNames(['db'], () => Promise.resolve([]), known)).toEqual(known)
  })
})

describe('a name with two addresses', () => {
  let folder = ''
  let kept: KeptReplicaSet
  let database: Database
  let proxies: readonly Proxy[] = []
  let addresses: readonly string[] = ['127.0.0.2', '127.0.0.1']

  /** On an address of its own, at a port that all have. */
  const proxyTo = (target: number, host: string, port: number): Promise<Proxy> =>
    new Promise((resolve, reject) => {
      const proxy = createServer(socket => {
        const onward = connect(target, '127.0.0.1')
        socket.pipe(onward).pipe(socket)
        for (const one of [socket, onward])
          one.on('error', () => void socket.destroy()).on('close', () => (socket.destroy(), onward.destroy()))
      })
      proxy.once('error', reject)
      proxy.listen(port, host, () => resolve(proxy))
    })

  beforeAll(async () => {
    folder = tempFolder()
    // As root the servers run as another user, who must get through.
    await chmod(folder, 0o711)
    await mkdir(join(folder, 'postgres'))
    await writeState(join(folder, 'postgres'), { port: 0, password: testPassword })
    kept = await keepReplicaSet({ folder: join(folder, 'postgres'), replicas: 1 })
    const ports = kept.set.members.map(name => kept.servers.get(name)?.port ?? 0)
    // The replica comes first: who is the writer must be found out.
    const first = await proxyTo(ports[1] ?? 0, '127.0.0.2', 0)
    const { port } = first.address() as { port: number }
    proxies = [first, await proxyTo(ports[0] ?? 0, '127.0.0.1', port)]
    const config = dataConfig.parse({
      databases: { films: { writer: `postgres://marquee:${testPassword}@localhost:${port}/films` } },
      routing: { resolveMs: 100 },
    })
    const lookup = (host: string): Promise<readonly string[]> =>
      host === 'localhost' ? Promise.resolve(addresses) : Promise.reject(new Error(host))
    database = await openDatabase(config, filmModel, { lookup })
  }, 60_000)
  afterAll(async () => {
    await database.close()
    for (const proxy of proxies) proxy.close()
    await kept.stop()
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

  const isReplica = async (): Promise<boolean | undefined> =>
    (await sqlRows<{ is: boolean }>(database.fork(), 'select pg_is_in_recovery() as is'))[0]?.is

  const readAsQuery = (): Promise<boolean | undefined> =>
    database.inRequest({}, scope => {
      scope.reads = 'reader'
      return isReplica()
    })

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (let waited = 0; waited < 5000; waited += 50) {
      if (await holds()) return
      await after(50)
    }
    throw new Error(`not within 5 s: ${what}`)
  }

  test('is a writer, which is found, and a reader', async () => {
    await database.migrate()
    await sqlRows(database.fork(), 'create table tally (value int)')
    expect(await isReplica()).toBe(false)
    await until('reads from the reader', async () => (await readAsQuery()) === true)
  }, 20_000)

  test('loses one without an error, which answers what it was asked before, and gets it back', async () => {
    const long = database.inRequest({}, async scope => {
      scope.reads = 'reader'
      await isReplica()
      const found = await sqlRows<{ is: boolean }>(
        database.fork(),
        'select pg_is_in_recovery() as is, pg_sleep(2)',
      )
      return found[0]?.is
    })
    await after(100)
    addresses = ['127.0.0.1']
    await until('reads from the writer', async () => (await readAsQuery()) === false)
    expect(await long).toBe(true)
    expect(await isReplica()).toBe(false)
    addresses = ['127.0.0.1', '127.0.0.2']
    await until('reads from the reader again', async () => (await readAsQuery()) === true)
    expect(await isReplica()).toBe(false)
  }, 20_000)
})
