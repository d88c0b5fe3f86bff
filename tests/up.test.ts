import { createServer } from 'node:net'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isAlive } from './support/is-alive.ts'
import { askUntilFine, signUp } from './support/people.ts'
import { startPlatform } from './support/platform.ts'
import { runCli, temporaryFolder } from './support/run-cli.ts'

const allServices = ['postgres', 'auth', 'users', 'movies', 'gateway']

describe('marquee up', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  test('keeps the data, and leaves nothing running', async () => {
    const first = await startPlatform({ folder: folder.path })
    expect(first.services.map(service => service.name).toSorted()).toEqual(allServices.toSorted())
    const { data } = await first.ask('{ movies(first: 1) { totalCount } }')
    expect(data.movies.totalCount).toBeGreaterThan(3_100)
    const { token, id } = await signUp(first, 'keeper')
    expect(await first.stop()).toBe(0)
    expect(first.services.filter(service => isAlive(service.pid))).toEqual([])

    const second = await startPlatform({ folder: folder.path })
    const viewer = await second.ask('{ viewer { id name } movies(first: 1) { totalCount } }', {}, token)
    expect(viewer.data).toEqual({ viewer: { id, name: 'keeper' }, movies: data.movies })
    expect(await second.stop()).toBe(0)
  }, 60_000)

  test('kill -9 of any process: it comes back, the others go on, and no acknowledged write is lost', async () => {
    const platform = await startPlatform({ folder: folder.path })
    const { token } = await signUp(platform, 'survivor')
    const { data } = await platform.ask(`{ movies(first: ${allServices.length}) { nodes { id } } }`)
    const acknowledged: string[] = []
    for (const [n, name] of allServices.entries()) {
      const movieId: string = data.movies.nodes[n].id
      const added = await askUntilFine(
        platform,
        `mutation { addToWatchlist(movieId: "${movieId}") { movie { id } } }`,
        token,
      )
      expect(added.errors).toEqual([])
      acknowledged.push(movieId)
      const pid = platform.services.find(service => service.name === name)?.pid ?? 0
      process.kill(pid, 'SIGKILL')
      await platform.cli.waitFor(
        'service-ready',
        event => event['service'] === name && event['restarts'] === 1,
      )
      const viewer = await askUntilFine(
        platform,
        '{ viewer { name watchlist { nodes { id title } } } }',
        token,
      )
      expect(viewer.errors).toEqual([])
      expect(viewer.data.viewer.watchlist.nodes.map((movie: { id: string }) => movie.id).toSorted()).toEqual(
        acknowledged.toSorted(),
      )
    }
    expect(await platform.stop()).toBe(0)
  }, 90_000)

  test('kill -9 of the supervisor leaves no orphan service, and the next start takes over', async () => {
    const first = await startPlatform({ folder: folder.path })
    const { token, id } = await signUp(first, 'orphan')
    first.cli.child.kill('SIGKILL')
    await first.cli.exit
    const second = await startPlatform({ folder: folder.path })
    expect((await second.ask('{ viewer { id } }', {}, token)).data).toEqual({ viewer: { id } })
    expect(first.services.filter(service => isAlive(service.pid))).toEqual([])
    expect(await second.stop()).toBe(0)
  }, 60_000)

  test('--only runs what it names', async () => {
    const platform = await startPlatform({ folder: folder.path, args: ['--only', 'movies'] })
    expect(platform.services.map(service => service.name).toSorted()).toEqual([
      'gateway',
      'movies',
      'postgres',
    ])
    expect((await platform.ask('{ movies(first: 1) { nodes { title } } }')).errors).toEqual([])
    expect(await platform.stop()).toBe(0)
  }, 60_000)

  test('a folder in use is refused, and the platform that has it goes on', async () => {
    const platform = await startPlatform({ folder: folder.path })
    const second = runCli(['up', '--port', '0', '--data', folder.path])
    expect(await second.exit).toBe(1)
    expect(second.output()).toMatch(/is using the folder.*--data/s)
    expect((await platform.ask('{ __typename }')).errors).toEqual([])
    await platform.stop()
  }, 60_000)
})

describe('marquee up says what is wrong once, how to mend it, and exits 1', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  const refuse = async (args: readonly string[], env: NodeJS.ProcessEnv, message: RegExp): Promise<void> => {
    const cli = runCli(['up', '--data', join(folder.path, 'data'), ...args], env)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toMatch(message)
    expect(cli.output()).not.toMatch(/\.ts:\d+/)
  }

  test('a busy port', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await refuse(['--port', String(port)], {}, new RegExp(`Port ${port} is in use.*--port`, 's'))
    server.close()
  })

  test('a folder that cannot be', async () => {
    await writeFile(join(folder.path, 'file'), '')
    await refuse(['--data', join(folder.path, 'file', 'data')], {}, /cannot be written to.*--data/s)
  })

  test('a broken marquee.yaml', async () => {
    const file = join(folder.path, 'marquee.yaml')
    await writeFile(file, 'gateway:\n  maxBodyBites: 7\n')
    await refuse([], { MARQUEE_CONFIG: file }, /maxBodyBites.*configuration\.md/s)
    await writeFile(file, 'gateway: [')
    await refuse([], { MARQUEE_CONFIG: file }, /marquee\.yaml.*line/s)
    await writeFile(file, 'gatewai: {}\n')
    await refuse([], { MARQUEE_CONFIG: file }, /gatewai/)
  })

  test('an unknown subgraph, an unknown flag, a port that is none', async () => {
    await refuse(['--only', 'auth,moovies'], {}, /moovies/)
    await refuse(['--potr', '1'], {}, /--potr/)
    await refuse(['--port', 'many'], {}, /port/i)
  })
})
