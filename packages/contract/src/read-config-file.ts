import { parseConfigText, type Environment } from './config.ts'
import { MarqueeError } from './marquee-error.ts'

/** marquee.yaml as plain data. `file` is its path, for messages; without a file there is no data. */
export type ConfigSource = Readonly<{
  file: string
  exists: boolean
  data: Readonly<Record<string, unknown>>
}>

/**
 * Reads the file that MARQUEE_CONFIG names, which then must be there; else the standard one, which may be absent. Named
 * as the empty text, none is read.
 * @param read  reads a text file; handed in, since this package does no I/O of its own
 * @throws CONFIG_UNREADABLE, CONFIG_INVALID when it is not YAML
 */
export const readConfigFile = async (
  env: Environment,
  read: (path: string) => Promise<string>,
  standard = 'marquee.yaml',
): Promise<ConfigSource> => {
  const named = env['MARQUEE_CONFIG']
  const file = named || standard
  const none = { file, exists: false, data: {} }
  if (named === '') return none
  try {
    return { file, exists: true, data: parseConfigText(await read(file), file) }
  } catch (error) {
    if (error instanceof MarqueeError) throw error
    const { code, message } = error as Error & { code?: string }
    if (code === 'ENOENT' && named === undefined) return none
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new MarqueeError('CONFIG_UNREADABLE', { file, reason }, { cause: error })
  }
}
