import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MarqueeError, readConfigFile as readConfig, type Environment } from '@marquee/contract'

/** The sections that marquee.yaml may have. */
export const sectionNames = ['platform', 'gateway', 'subgraph', 'data', 'auth', 'users'] as const

/** The folder of the checkout: where marquee.yaml, supergraph.yaml and .marquee are when nothing else is said. */
export const projectRoot = fileURLToPath(new URL('../../../../', import.meta.url))

export type ConfigFile = Readonly<{
  path: string
  /** What relative paths in the file start from. */
  folder: string
  exists: boolean
  data: Readonly<Record<string, unknown>>
}>

/**
 * Reads marquee.yaml: the one in MARQUEE_CONFIG, else the project's, which may be absent.
 * @throws CONFIG_UNREADABLE, CONFIG_INVALID (not YAML, or a section that does not exist)
 */
export const readConfigFile = async (env: Environment): Promise<ConfigFile> => {
  const source = await readConfig(env, file => readFile(file, 'utf8'), join(projectRoot, 'marquee.yaml'))
  const path = resolve(source.file)
  const unknown = Object.keys(source.data).filter(key => !(sectionNames as readonly string[]).includes(key))
  if (unknown.length > 0) {
    const reason = `unknown section ${unknown.map(key => `"${key}"`).join(', ')}; there are ${sectionNames.join(', ')}`
    throw new MarqueeError('CONFIG_INVALID', { file: path, reason })
  }
  return { path, folder: dirname(path), exists: source.exists, data: source.data }
}
