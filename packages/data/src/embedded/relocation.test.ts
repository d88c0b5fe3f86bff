import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { tempFolder } from '../testing/temp-folder.ts'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { copyBinaries, installedBinaries } from './binaries.ts'
import { removeServerFiles } from './placement.ts'
import { writeState } from './server-state.ts'
import { canReach, chooseUser } from './run-as.ts'
import { startPostgres, type PostgresServer } from './start-postgres.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? test : test.skip
const reason = isRoot ? '' : ' (only root can try this)'

let base = ''
let running: PostgresServer[] = []
let wantedFolders: string[] = []

beforeEach(() => {
  base = tempFolder()
  running = []
  wantedFolders = []
})

afterEach(async () => {
  await Promise.all(running.map(server => server.stop()))
  for (const folder of wantedFolders) await removeServerFiles(folder)
  await rm(base, { recursive: true, force: true })
})

const start = async (folder: string, lines: string[] = []): Promise<PostgresServer> => {
  wantedFolders.push(folder)
  const server = await startPostgres({ folder, log: line => lines.push(line) })
  running.push(server)
  return server
}

const ask = async (server: PostgresServer, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    return (await client.query(sql)).rows as unknown[]
  } finally {
    await client.end()
  }
}

describe('under a folder that only root may enter', () => {
  asRoot(`the data goes elsewhere, says where, and is found again${reason}`, async () => {
    const wanted = join(base, 'project', '.marquee', 'postgres')
    const lines: string[] = []
    const first = await start(wanted, lines)
    expect(first.relocated).toBe(true)
    expect(first.folder.startsWith(base)).toBe(false)
    expect(lines.join('\n')).toContain(first.folder)
    await ask(first, 'create table kept as select 1 as n')
    await first.stop()

    const second = await start(wanted)
    expect(second.folder).toBe(first.folder)
    expect(await ask(second, 'select n from kept')).toEqual([{ n: 1 }])
    await second.stop()

    // The project moves: its data moves with it.
    await rename(join(base, 'project'), join(base, 'moved'))
    const moved = await start(join(base, 'moved', '.marquee', 'postgres'))
    expect(await ask(moved, 'select n from kept')).toEqual([{ n: 1 }])

    // A copy of the project gets data of its own, even while the other runs.
    await cp(join(base, 'moved'), join(base, 'copied'), { recursive: true })
    const copied = await start(join(base, 'copied', '.marquee', 'postgres'))
    expect(copied.folder).not.toBe(moved.folder)
    await expect(ask(copied, 'select n from kept')).rejects.toMatchObject({ code: '42P01' })

    await moved.stop()
    await removeServerFiles(join(base, 'moved', '.marquee', 'postgres'))
    await expect(stat(moved.folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  asRoot(`the programs are copied to where they can be run, by two starts at once too${reason}`, async () => {
    const installed = await installedBinaries()
    const user = await chooseUser(join(base, 'none'))
    const hidden = join(base, 'hidden')
    await mkdir(join(hidden, 'pkg'), { recursive: true })
    // As after `npm ci --ignore-scripts` under umask 077: no links, nothing for others.
    await run('cp', ['-r', installed.root, join(hidden, 'pkg', 'native')])
    await run('find', [join(hidden, 'pkg', 'native', 'lib'), '-maxdepth', '1', '-type', 'l', '-delete'])
    await run('chmod', ['-R', 'go-rwx', hidden])
    const program = join(hidden, 'pkg', 'native', 'bin', 'postgres')
    expect(await canReach(user, program)).toBe(false)

    const cache = join(base, 'cache')
    await chmod(base, 0o711)
    await mkdir(cache, { mode: 0o711 })
    const unreachable = { ...installed, root: join(hidden, 'pkg', 'native'), postgres: program }
    const copies = await Promise.all([copyBinaries(unreachable, cache), copyBinaries(unreachable, cache)])
    for (const copy of copies) {
      expect(await canReach(user, copy.postgres)).toBe(true)
      const { stdout } = await run(copy.postgres, ['--version'], { uid: user?.uid, gid: user?.gid, cwd: '/' })
      expect(stdout).toContain('PostgreSQL) 18')
    }
    expect((await run('ls', [cache])).stdout.trim().split('\n')).toHaveLength(1)
  })

  test('a folder that can be reached stays where it is', async () => {
    await chmod(base, 0o711)
    await mkdir(join(base, 'here'))
    await writeState(join(base, 'here'), { port: 0, password: testPassword })
    const server = await startPostgres({ folder: join(base, 'here'), createCluster: copyTemplate })
    running.push(server)
    expect(server.relocated).toBe(false)
    expect(server.folder).toBe(join(base, 'here'))
    expect(server.user === null).toBe(!isRoot)
  })
})

describe('as a plain user', () => {
  const script = (folder: string): string => `
    import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-postgres.ts'))}
    const server = await startPostgres({ folder: ${JSON.stringify(folder)} })
    await server.ensureDatabases(['films'])
    process.stdout.write(JSON.stringify({ uid: process.getuid(), user: server.user, relocated: server.relocated }))
    await server.stop()`

  asRoot(`the server runs as that user${reason}`, async () => {
    const { stdout } = await run('id', ['-u', 'nobody'])
    const uid = Number(stdout)
    const nobody = { uid, gid: uid, name: 'nobody' }
    const places = [process.execPath, import.meta.filename, createRequire(import.meta.url).resolve('pg')]
    const reachable = await Promise.all(places.map(place => canReach(nobody, place)))
    if (reachable.includes(false)) return // a clone under a folder of root's alone: nobody could not even start Node
    await chmod(base, 0o777)
    const folder = join(base, 'mine')
    const child = spawn(
      process.execPath,
      ['--no-warnings', '--input-type=module', '--eval', script(folder)],
      {
        uid,
        gid: uid,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let output = ''
    child.stdout.on('data', chunk => (output += String(chunk)))
    const code = await new Promise(resolve => child.once('close', resolve))
    expect(code).toBe(0)
    expect(JSON.parse(output)).toEqual({ uid, user: null, relocated: false })
    expect((await stat(join(folder, 'data'))).uid).toBe(uid)

    // Root who comes later runs it as its owner, not as the user it would choose for new data.
    const server = await start(folder)
    expect(server.user).toBe('nobody')
  })
})

test('an unwritable folder is named', async () => {
  await writeFile(join(base, 'file'), '')
  await expect(startPostgres({ folder: join(base, 'file', 'postgres') })).rejects.toMatchObject({
    code: 'FOLDER_UNWRITABLE',
    details: { folder: join(base, 'file', 'postgres') },
  })
})

test('a damaged password file is named, not replaced', async () => {
  await chmod(base, 0o711)
  const folder = join(base, 'pg')
  await mkdir(folder)
  await writeState(folder, { port: 0, password: testPassword })
  const server = await startPostgres({ folder, createCluster: copyTemplate })
  await server.stop()
  await writeFile(join(folder, 'server.json'), '{')
  await expect(startPostgres({ folder })).rejects.toMatchObject({
    code: 'POSTGRES_START_FAILED',
    details: { reason: expect.stringContaining(join(folder, 'server.json')) },
  })
  expect(await readFile(join(folder, 'server.json'), 'utf8')).toBe('{')
  expect(dirname(server.logFile)).toBe(folder)
})
