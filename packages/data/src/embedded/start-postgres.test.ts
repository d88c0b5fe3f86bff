import { execFile, spawn } from 'node:child_process'
import { appendFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { tempFolder } from '../testing/temp-folder.ts'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { commandLine, isRunning, signal, waitForEnd } from './processes.ts'
import { writeState } from './server-state.ts'
import { startPostgres, type PostgresServer } from './start-postgres.ts'

const run = promisify(execFile)

let folder = ''
let running: PostgresServer[] = []
let lines: string[] = []

beforeEach(async () => {
  folder = tempFolder()
  running = []
  lines = []
  await writeState(folder, { port: 0, password: testPassword })
})

afterEach(async () => {
  await Promise.all(running.map(server => server.stop()))
  await rm(folder, { recursive: true, force: true })
})

// Killing processes loses nothing that was written, so only the test of the settings waits for the disk.
const start = async (options: { port?: number; durable?: boolean } = {}): Promise<PostgresServer> => {
  const log = (line: string): void => void lines.push(line)
  const server = await startPostgres({ folder, log, createCluster: copyTemplate, durable: false, ...options })
  running.push(server)
  return server
}

const ask = async <T>(server: PostgresServer, sql: string, database = 'postgres'): Promise<T[]> => {
  const client = new pg.Client({ connectionString: server.url(database) })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(sql)).rows as T[]
  } finally {
    await client.end()
  }
}

describe('a server over a folder', () => {
  test('keeps its data, port and password over a restart', async () => {
    const first = await start()
    await first.ensureDatabases(['films', 'users'])
    await first.ensureDatabases(['films', 'users'])
    await ask(first, 'create table film (title text)', 'films')
    await ask(first, `insert into film values ('Alien')`, 'films')
    await first.stop()
    await first.stop()
    expect(await first.exited).toEqual({ code: 0, signal: null })

    const second = await start()
    expect(second.url('films')).toBe(first.url('films'))
    expect(await ask(second, 'select title from film', 'films')).toEqual([{ title: 'Alien' }])
  })

  test('is safe by default and ready for replicas', async () => {
    const server = await start({ durable: true })
    const rows = await ask<{ name: string; setting: string }>(
      server,
      `select name, setting from pg_settings where name in ('fsync', 'wal_level', 'max_connections', 'listen_addresses',
       'unix_socket_directories', 'shared_preload_libraries', 'data_checksums', 'server_encoding') order by name`,
    )
    expect(Object.fromEntries(rows.map(row => [row.name, row.setting]))).toEqual({
      data_checksums: 'on',
      fsync: 'on',
      listen_addresses: '127.0.0.1',
      max_connections: '100',
      server_encoding: 'UTF8',
      shared_preload_libraries: 'pg_stat_statements',
      unix_socket_directories: '',
      wal_level: 'logical',
    })
    await server.ensureDatabases(['films'])
    await ask(server, 'create extension pg_trgm', 'films')
    expect(await ask(server, `select show_trgm('éà') <> '{}' as ok`, 'films')).toEqual([{ ok: true }])
    expect(await ask(server, 'select count(*) > 0 as ok from pg_stat_statements', 'films')).toEqual([
      { ok: true },
    ])
  })

  test('lets nobody in without the password, and nobody else read it', async () => {
    const server = await start()
    const url = server.url('postgres').replace(`:${testPassword}@`, ':wrong@')
    const client = new pg.Client({ connectionString: url })
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
    expect((await stat(join(folder, 'server.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700)
    expect(await readdir(folder)).not.toContain('data.password')
  })

  test('is refused to a second owner', async () => {
    await start()
    await expect(start()).rejects.toMatchObject({ code: 'FOLDER_IN_USE', details: { pid: process.pid } })
  })

  test('takes the port asked for, and says when another program has it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port } })
    await new Promise(resolve => other.close(resolve))
    expect((await start({ port })).port).toBe(port)
  })

  test('moves to another port when the one of last time is taken', async () => {
    const first = await start()
    await first.stop()
    const other = createServer().listen(first.port, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const second = await start()
    expect(second.port).not.toBe(first.port)
    expect(await ask(second, 'select 1 as one')).toEqual([{ one: 1 }])
    await new Promise(resolve => other.close(resolve))
  })

  test('that does not start says why, in the words of its log', async () => {
    const server = await start()
    await server.stop()
    await writeFile(join(folder, 'data', 'PG_VERSION'), '9\n')
    await expect(start()).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      details: { log: join(folder, 'postgres.log'), reason: expect.stringContaining('of PostgreSQL 9') },
    })
    await writeFile(join(folder, 'data', 'PG_VERSION'), '18\n')
    await appendFile(join(folder, 'data', 'postgresql.conf'), `work_mem = 'plenty'\n`)
    await expect(start()).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      details: { reason: expect.stringContaining('work_mem') },
    })
  })
})

describe('after a kill -9', () => {
  const orphan = async (): Promise<number> => {
    const script = `
      import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-postgres.ts'))}
      const server = await startPostgres({ folder: ${JSON.stringify(folder)}, durable: false })
      process.stdout.write(String(server.pid))
      setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = await new Promise<number>(resolve =>
      child.stdout.once('data', chunk => resolve(Number(chunk))),
    )
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    return pid
  }

  test('of its owner, the next start stops the orphan cleanly and takes over', async () => {
    const server = await start()
    await ask(server, 'create table kept (n int)')
    await server.stop()
    const pid = await orphan()
    expect(await isRunning(pid)).toBe(true)

    const next = await start()
    expect(lines.join('\n')).toContain(`process ${pid}`)
    expect(await isRunning(pid)).toBe(false)
    expect(next.pid).not.toBe(pid)
    expect(await ask(next, 'select * from kept')).toEqual([])
    const log = await readFile(join(folder, 'postgres.log'), 'utf8')
    expect(log).not.toContain('was not properly shut down')
  })

  test('of the server itself, a start waits for the backends that still work, and loses nothing', async () => {
    const server = await start()
    await ask(server, 'create table kept as select 1 as n')
    const busy = new pg.Client({ connectionString: server.url('postgres') })
    busy.on('error', () => undefined)
    await busy.connect()
    const { rows } = await busy.query<{ pid: number }>('select pg_backend_pid() as pid')
    const backend = rows[0]?.pid ?? 0
    // Counting does not look whether the postmaster lives.
    const work = busy.query('select count(*) from generate_series(1, 1e12::bigint)').catch(() => undefined)
    await new Promise(resolve => setTimeout(resolve, 100))
    signal(server.pid, 'SIGKILL')
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await isRunning(backend)).toBe(true)
    expect(await commandLine(backend)).toContain('postgres')

    const next = await start()
    expect(await ask(next, 'select n from kept')).toEqual([{ n: 1 }])
    expect(await waitForEnd(backend, 2000)).toBe(true)
    await work
  })

  test('an old pid file whose id another program has now is no obstacle', async () => {
    const server = await start()
    await server.stop()
    const pidFile = `${process.pid}\n${join(folder, 'data')}\n1\n5432\n\n127.0.0.1\n 1 1\nready\n`
    await writeFile(join(folder, 'data', 'postmaster.pid'), pidFile)
    const next = await start()
    expect(await ask(next, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('the copy of a folder whose server runs leaves that server alone', async () => {
    const server = await start()
    await ask(server, 'checkpoint')
    const copy = join(folder, 'copy')
    await mkdir(copy)
    await run('cp', [
      '-a',
      ...(await readdir(folder)).filter(name => name !== 'copy').map(name => join(folder, name)),
      copy,
    ])
    const other = await startPostgres({ folder: copy, durable: false })
    running.push(other)
    expect(other.port).not.toBe(server.port)
    expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await ask(other, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})
