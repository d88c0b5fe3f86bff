import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startPlatform, type Platform } from './support/platform.ts'
import { runCli, temporaryFolder } from './support/run-cli.ts'

type Server = Readonly<{ name: string; role: string; state: string; timeline: number; sync: string | null }>
type Status = Readonly<{
  ok: boolean
  databases: readonly Readonly<{ name: string; problems: readonly string[]; servers: readonly Server[] }>[]
}>

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const up = (replicas: number): Promise<Platform> =>
  startPlatform({
    folder: folder.path,
    args: ['--replicas', String(replicas), '--only', 'auth', '--no-import', '--no-watch'],
  })

const status = async (): Promise<Status> => {
  const cli = runCli(['db', 'status', '--json', '--data', folder.path])
  const event = (await cli.waitFor('db-status')) as unknown as Status
  expect(await cli.exit).toBe(event.ok ? 0 : 1)
  expect(cli.output()).not.toMatch(/:\/\/|password/)
  return event
}

const rolesOf = ({ databases }: Status): Readonly<Record<string, string>> =>
  Object.fromEntries(databases[0]?.servers.map(({ name, role }) => [name, role]) ?? [])

const pidOf = ({ services }: Platform, name: string): number =>
  services.find(service => service.name === name)?.pid ?? 0

test('a killed writer is replaced and comes back as a replica; after another start the writer is still the new one', async () => {
  const platform = await up(2)
  expect(
    platform.services
      .map(({ name }) => name)
      .slice(0, 3)
      .toSorted(),
  ).toEqual(['postgres', 'postgres-replica-1', 'postgres-replica-2'])
  // Commits wait for a replica as soon as both have all.
  for (;;) {
    const { databases } = await status()
    if (databases[0]?.servers.filter(({ sync }) => sync === 'quorum').length === 2) break
  }
  process.kill(pidOf(platform, 'postgres'), 'SIGKILL')
  const failover = await platform.cli.waitFor('database-failover')
  expect(failover).toMatchObject({ set: 'postgres', from: 'postgres', reason: 'died', timeline: 2 })
  const writer = String(failover['to'])
  await platform.cli.waitFor('database-rejoined', event => event['server'] === 'postgres')
  const after = await status()
  expect(after).toMatchObject({ ok: true })
  expect(rolesOf(after)).toMatchObject({ [writer]: 'writer', postgres: 'replica' })
  expect(await platform.stop()).toBe(0)

  const again = await up(0)
  expect(again.services.map(({ name }) => name).filter(name => name.startsWith('postgres'))).toEqual([writer])
  expect(rolesOf(await status())).toEqual({ [writer]: 'writer' })
  expect(await again.stop()).toBe(0)
}, 90_000)
