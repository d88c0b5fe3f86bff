import { readFile } from 'node:fs/promises'
import { MarqueeError, readSection, type Environment } from '@marquee/contract'
import {
  dataConfig,
  openDatabase,
  openShardedDatabase,
  type Database,
  type DataConfig,
  type DomainModel,
  type ShardedDatabase,
} from '@marquee/data'
import { dataFolder } from '../up/data-folder.ts'
import { hasOwnDatabases } from '../up/environment.ts'
import { dataPath, readPlatformConfig } from '../up/options.ts'
import { readRunningState } from '../up/state-file.ts'

export type WhereFlags = Readonly<{ data?: string; databaseUrl?: string }>

export type Where = Readonly<{
  open: (model: DomainModel) => Promise<Database>
  /** The same for a domain whose rows are spread over shards. */
  openSharded: (model: DomainModel) => Promise<ShardedDatabase>
  /** Section `data` with the database of a domain. */
  configFor: (domain: string) => Promise<DataConfig>
  /** Section `data` with every database there is. */
  dataConfig: () => Promise<DataConfig>
  /** The data folder, which may be missing. */
  folder: string
  /** What sections of the config are read from. */
  sources: Readonly<{ data: Readonly<Record<string, unknown>>; env: Environment; file: string }>
}>

/**
 * Finds the databases that a command shall work on: the one of `--database-url`; else those of marquee.yaml or the
 * environment; else the embedded ones of the platform that runs in the data folder.
 * @throws NOT_RUNNING when there are none
 */
export const findDatabases = async (
  flags: WhereFlags,
  env: Environment,
  command = 'import',
): Promise<Where> => {
  if (flags.databaseUrl !== undefined && !/^postgres(ql)?:\/\/./.test(flags.databaseUrl)) {
    const reason = '`--database-url` wants postgres://user:password@host:port/database'
    throw new MarqueeError('USAGE_INVALID', { reason, command })
  }
  const { config: platform, configFile } = await readPlatformConfig(env)
  const folder = dataPath(flags.data, platform, configFile, env)
  const topologyFor = async (domain: string): Promise<Environment> => {
    if (flags.databaseUrl !== undefined) {
      const databases = JSON.stringify({ [domain]: { writer: flags.databaseUrl } })
      return { MARQUEE_DATA_DATABASES: databases, MARQUEE_DATA_DOMAINS: '{}' }
    }
    if (flags.data === undefined && hasOwnDatabases(configFile, env)) return {}
    return { MARQUEE_DATA_DATABASES: JSON.stringify((await readRunningState(folder)).databases) }
  }
  const secret =
    env['MARQUEE_SECRET'] ?? (await readFile(dataFolder(folder).secret, 'utf8').catch(() => '')).trim()
  const sources = {
    data: configFile.data,
    env: secret === '' ? env : { ...env, MARQUEE_SECRET: secret },
    file: configFile.path,
  }
  const configFor = async (domain: string): Promise<DataConfig> =>
    readSection('data', dataConfig, { ...sources, env: { ...sources.env, ...(await topologyFor(domain)) } })
  return {
    sources,
    folder,
    configFor,
    dataConfig: () => {
      const name = decodeURIComponent(new URL(flags.databaseUrl ?? 'postgres:///').pathname.slice(1))
      return configFor(name === '' ? 'postgres' : name)
    },
    open: async model => openDatabase(await configFor(model.domain), model),
    openSharded: async model => openShardedDatabase(await configFor(model.domain), model),
  }
}
