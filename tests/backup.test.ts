import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { askUntilFine, signUp } from './support/people.ts'
import { startPlatform, type Platform } from './support/platform.ts'
import { runCli, temporaryFolder, type Cli, type CliEvent } from './support/run-cli.ts'

const env = { MARQUEE_PLATFORM_BACKUP_ARCHIVE: 'true', MARQUEE_PLATFORM_BACKUP_ARCHIVE_TIMEOUT_S: '1' }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const up = (): Promise<Platform> =>
  startPlatform({
    folder: folder.path,
    args: ['--shards', '2', '--no-watch', '--no-import'],
    env,
  })

const db = (...args: readonly string[]): Cli => runCli(['db', ...args, '--json', '--data', folder.path], env)

const told = async (cli: Cli, code: number): Promise<CliEvent> => {
  expect({ code: await cli.exit, output: cli.output() }).toMatchObject({ code })
  const last = cli.events.at(-1)
  if (last === undefined) throw new Error(cli.output())
  return last
}

const backups = (): string => join(folder.path, 'backups')

describe('a platform of two shards', () => {
  const people = new Map<string, Readonly<{ token: string; id: string }>>()
  let between = ''
  let platform: Platform

  const welcome = async (name: string): Promise<void> => {
    people.set(name, await signUp(platform, name))
    await askUntilFine(platform, '{ viewer { name } }', people.get(name)?.token)
  }
  const tokenOf = (name: string): string => people.get(name)?.token ?? ''

  test('is backed up while it works, and a backup that is killed leaves none', async () => {
    platform = await up()
    for (const name of ['ada', 'bob', 'cleo']) await welcome(name)
    const killed = db('backup')
    await killed.waitFor('backing-up')
    killed.child.kill('SIGKILL')
    await killed.exit
    const none = runCli(['db', 'backup', '--list', '--data', folder.path])
    expect([await none.exit, none.output()]).toEqual([0, `There are no backups in ${backups()}.\n`])

    const made = await told(db('backup'), 0)
    expect(made).toMatchObject({ event: 'backed-up', servers: ['postgres', 'postgres-shard-2'], dropped: [] })
    const listed = await told(db('backup', '--list'), 0)
    expect(listed).toMatchObject({ event: 'backup', folder: made['folder'], problem: null })
    expect((await readdir(backups())).filter(name => name.includes('partial'))).toEqual([])
  }, 120_000)

  test('is brought to a moment between two writes after its data was destroyed', async () => {
    for (const name of ['dora', 'emil']) await welcome(name)
    between = new Date().toISOString()
    await after(20)
    for (const name of ['fritz', 'gert']) await welcome(name)
    // The archive has what is a second old.
    await after(4000)
    expect(await told(db('restore', '--from', backups()), 1)).toMatchObject({ code: 'FOLDER_IN_USE' })
    platform.cli.child.kill('SIGKILL')
    await platform.cli.exit
    for (const { name, pid } of platform.services)
      if (name.startsWith('postgres')) process.kill(pid, 'SIGKILL')
    await after(500)
    for (const name of ['postgres', 'postgres-shard-2', 'secret', 'demo.json', 'platform.json'])
      await rm(join(folder.path, name), { recursive: true, force: true })

    const restored = await told(db('restore', '--from', backups(), '--to-time', between), 0)
    expect(restored).toMatchObject({ event: 'restored', movedAside: [] })
    platform = await up()
    for (const name of ['ada', 'bob', 'cleo', 'dora', 'emil']) {
      const { data } = await askUntilFine(platform, '{ viewer { id name } }', tokenOf(name))
      expect(data).toEqual({ viewer: { id: people.get(name)?.id, name } })
    }
    for (const name of ['fritz', 'gert']) await welcome(name)
  }, 120_000)

  test('is restored again, over what is there only when forced', async () => {
    expect(await platform.stop()).toBe(0)
    expect(await told(db('restore', '--from', backups()), 1)).toMatchObject({ code: 'RESTORE_REFUSED' })
    const restored = await told(db('restore', '--from', backups(), '--force'), 0)
    expect(restored['movedAside']).toHaveLength(2)
    platform = await up()
    const { data } = await askUntilFine(platform, '{ viewer { name } }', tokenOf('ada'))
    expect(data).toEqual({ viewer: { name: 'ada' } })
    // Nobody knows those who came after the backup.
    for (const name of ['dora', 'fritz']) await welcome(name)
    expect(await platform.stop()).toBe(0)
  }, 120_000)
})
