import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MarqueeError, parseConfigText, type Environment } from '@marquee/contract'

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
  const named = env['MARQUEE_CONFIG']
  const isNamed = named !== undefined && named !== ''
  const path = isNamed ? resolve(named) : join(projectRoot, 'marquee.yaml')
  const folder = dirname(path)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !isNamed) return { path, folder, exists: false, data: {} }
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new MarqueeError('CONFIG_UNREADABLE', { file: path, reason }, { cause: error })
  }
  const data = parseConfigText(text, path)
  const unknown = Object.keys(data).filter(key => !(sectionNames as readonly string[]).includes(key))
  if (unknown.length > 0) {
    const reason = `unknown section ${unknown.map(key => `"${key}"`).join(', ')}; there are ${sectionNames.join(', ')}`
    throw new MarqueeError('CONFIG_INVALID', { file: path, reason })
  }
  return { path, folder, exists: true, data }
}
