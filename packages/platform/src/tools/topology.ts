import { readFile } from 'node:fs/promises'
import { MarqueeError, readSection, type Environment } from '@marquee/contract'
import { dataConfig, openDatabase, type Database, type DataConfig, type DomainModel } from '@marquee/data'
import { dataFolder } from '../up/data-folder.ts'
import { hasOwnDatabases } from '../up/environment.ts'
import { dataPath, readPlatformConfig } from '../up/options.ts'
import { readRunningState } from '../up/state-file.ts'

export type WhereFlags = Readonly<{ data?: string; databaseUrl?: string }>

export type Where = Readonly<{
  open: (model: DomainModel) => Promise<Database>
  /** Section `data` as it is now. @param domain  whose database `--database-url` names */
  config: (domain: string) => Promise<DataConfig>
  /** What sections of the config are read from. */
  sources: Readonly<{ data: Readonly<Record<string, unknown>>; env: Environment; file: string }>
}>

/**
 * Finds the databases that a command shall work on: the one of `--database-url`; else those of marquee.yaml or the
 * environment; else the embedded ones of the platform that runs in the data folder.
 * @throws NOT_RUNNING when there are none
 */
export const findDatabases = async (flags: WhereFlags, env: Environment): Promise<Where> => {
  if (flags.databaseUrl !== undefined && !/^postgres(ql)?:\/\/./.test(flags.databaseUrl)) {
    const reason = '`--database-url` wants postgres://user:password@host:port/database'
    throw new MarqueeError('USAGE_INVALID', { reason, command: 'import' })
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
  const config = async (domain: string): Promise<DataConfig> => {
    const over = await topologyFor(domain)
    return readSection('data', dataConfig, { ...sources, env: { ...sources.env, ...over } })
  }
  return { sources, config, open: async model => openDatabase(await config(model.domain), model) }
}
