import { resolve } from 'node:path'
import { MarqueeError, readSection, type Environment } from '@marquee/contract'
import { projectRoot, readConfigFile, type ConfigFile } from '../config/config-file.ts'
import { platformConfig, type PlatformConfig } from '../config/platform-config.ts'
import { sectionHas } from './environment.ts'

/** What the flags of `marquee up` say; absent ones leave it to marquee.yaml and the environment. */
export type UpFlags = Readonly<{
  port?: number
  replicas?: number
  shards?: number
  data?: string
  only?: readonly string[]
  import?: boolean
  watch?: boolean
  fresh?: boolean
}>

export type UpOptions = Readonly<{
  config: PlatformConfig
  configFile: ConfigFile
  /** Absolute path of the data folder. */
  folder: string
  /** Absolute path of supergraph.yaml. */
  supergraph: string
  fresh: boolean
}>

const defined = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>

/** A path of section `platform`: relative to marquee.yaml when it stands there, else to the project. */
const pathOf = (
  key: 'data' | 'supergraph',
  config: PlatformConfig,
  file: ConfigFile,
  env: Environment,
): string => {
  const isFromFile =
    sectionHas(file, 'platform', key) && env[`MARQUEE_PLATFORM_${key.toUpperCase()}`] === undefined
  return resolve(isFromFile ? file.folder : projectRoot, config[key])
}

/** The data folder: that of `--data`, relative to the working folder, or the configured one. */
export const dataPath = (
  flag: string | undefined,
  config: PlatformConfig,
  file: ConfigFile,
  env: Environment,
): string => (flag === undefined ? pathOf('data', config, file, env) : resolve(flag))

export const readPlatformConfig = async (
  env: Environment,
): Promise<Readonly<{ config: PlatformConfig; configFile: ConfigFile }>> => {
  const configFile = await readConfigFile(env)
  const config = readSection('platform', platformConfig, {
    data: configFile.data,
    env,
    file: configFile.path,
  })
  return { config, configFile }
}

/** Flags over environment over marquee.yaml over defaults. @throws CONFIG_INVALID, CONFIG_UNREADABLE */
export const readUpOptions = async (flags: UpFlags, env: Environment): Promise<UpOptions> => {
  const { config, configFile } = await readPlatformConfig(env)
  const { port, replicas, shards, only, import: imports, watch } = flags
  return Object.freeze({
    config: Object.freeze({
      ...config,
      ...defined({ port, replicas, shards, only, import: imports, watch }),
    }) as PlatformConfig,
    configFile,
    folder: dataPath(flags.data, config, configFile, env),
    supergraph: pathOf('supergraph', config, configFile, env),
    fresh: flags.fresh ?? false,
  })
}

/** @throws USAGE_INVALID for a name that supergraph.yaml does not have */
export const requireKnown = (only: readonly string[], known: readonly string[]): void => {
  const unknown = only.filter(name => !known.includes(name))
  if (unknown.length === 0) return
  const names = unknown.map(name => `"${name}"`).join(', ')
  const reason = `\`--only\` names ${names}; the supergraph has ${known.join(', ') || 'no subgraph that can be read'}`
  throw new MarqueeError('USAGE_INVALID', { reason, command: 'up' })
}
