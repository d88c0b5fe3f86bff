import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSection } from '@marquee/contract'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { readUpOptions } from '../up/options.ts'
import { projectRoot, readConfigFile, sectionNames } from './config-file.ts'
import { marqueeConfig } from './marquee-config.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const write = async (text: string): Promise<{ MARQUEE_CONFIG: string }> => {
  const file = join(folder.path, 'marquee.yaml')
  await writeFile(file, text)
  return { MARQUEE_CONFIG: file }
}

describe('marquee.yaml', () => {
  test.each([
    ['an unknown section', 'platfrom: {}', 'unknown section "platfrom"; there are platform, gateway'],
    ['an unknown key', 'platform: { prot: 1 }', 'platform: Unrecognized key: "prot"'],
    ['a key below a key', 'platform: { restart: { fast: 1 } }', 'platform.restart: Unrecognized key: "fast"'],
    ['a value of another type', 'platform: { port: high }', 'platform.port: Invalid input'],
    ['a port that cannot be', 'platform: { port: 70000 }', 'platform.port: Too big'],
    ['no YAML', 'a: [', 'line 1'],
    ['a list', '- a', 'keys and values'],
  ])('%s is refused with its place', async (_what, text, reason) => {
    const env = await write(text)
    await expect(readUpOptions({}, env)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(reason),
      details: { file: env.MARQUEE_CONFIG },
    })
  })

  test('that was named must be there', async () => {
    await expect(readConfigFile({ MARQUEE_CONFIG: join(folder.path, 'no.yaml') })).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
    })
  })

  test('has the sections that the whole schema has', () => {
    expect(Object.keys(marqueeConfig.shape)).toEqual([...sectionNames])
  })

  test('of the project changes no default', async () => {
    const { data } = await readConfigFile({})
    for (const [name, schema] of Object.entries(marqueeConfig.shape)) {
      expect(readSection(name, schema, { data })).toEqual(readSection(name, schema, {}))
    }
  })
})

describe('the options of `marquee up`', () => {
  test('have these defaults', async () => {
    const options = await readUpOptions({}, await write(''))
    expect(options).toMatchObject({
      folder: join(projectRoot, '.marquee'),
      supergraph: join(projectRoot, 'supergraph.yaml'),
      fresh: false,
    })
    expect(options.config).toEqual({
      host: '127.0.0.1',
      port: 4000,
      replicas: 0,
      shards: 1,
      failover: { hangMs: 10_000 },
      backup: { folder: 'backups', keep: 7, archive: false, archiveTimeoutS: 60 },
      data: '.marquee',
      supergraph: 'supergraph.yaml',
      only: [],
      import: true,
      demo: true,
      watch: true,
      semiSpaceMb: 4,
      startTimeoutMs: 60_000,
      stopTimeoutMs: 15_000,
      restart: { firstDelayMs: 200, maxDelayMs: 10_000, stableMs: 30_000 },
      metrics: { port: 0 },
      logs: { maxBytes: 5_000_000 },
    })
  })

  test('come from the flag, else the environment, else the file', async () => {
    const env = await write('platform: { port: 1001, only: [auth], import: false, data: kept }')
    expect(await readUpOptions({}, env)).toMatchObject({
      config: { port: 1001, only: ['auth'], import: false },
      folder: join(folder.path, 'kept'),
    })
    const set = {
      ...env,
      MARQUEE_PLATFORM_PORT: '1002',
      MARQUEE_PLATFORM_ONLY: '[users]',
      MARQUEE_PLATFORM_DATA: '/x',
    }
    expect(await readUpOptions({}, set)).toMatchObject({
      config: { port: 1002, only: ['users'] },
      folder: '/x',
    })
    const flags = { port: 1003, only: ['movies'], import: true, data: '/y' }
    expect(await readUpOptions(flags, set)).toMatchObject({
      config: { port: 1003, only: ['movies'], import: true },
      folder: '/y',
    })
  })
})
