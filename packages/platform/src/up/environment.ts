import type { ConfigFile } from '../config/config-file.ts'
import { compileCache } from './compile-cache.ts'

/** The servers of one database, or of one shard of it. */
export type DatabasePlace = Readonly<{ writer: string; readers: readonly string[] }>

/** Section `data`, key `databases`, as the processes get it. */
export type Topology = Readonly<
  Record<string, DatabasePlace | Readonly<{ shards: Readonly<Record<string, DatabasePlace>> }>>
>

const valueAt = (file: ConfigFile, section: string, key: string): unknown =>
  (file.data[section] as Readonly<Record<string, unknown>> | null | undefined)?.[key]

/** True when the user named databases of their own: then no PostgreSQL is started. */
export const hasOwnDatabases = (file: ConfigFile, env: NodeJS.ProcessEnv): boolean =>
  (env['MARQUEE_DATA_DATABASES'] ?? '') !== '' ||
  Object.keys(valueAt(file, 'data', 'databases') ?? {}).length > 0

export const sectionHas = (file: ConfigFile, section: string, key: string): boolean =>
  valueAt(file, section, key) !== undefined

/** What the user set for single subgraphs in section `gateway`: their addresses aside, it holds here too. */
export const gatewaySubgraphs = (file: ConfigFile): Readonly<Record<string, object>> =>
  (valueAt(file, 'gateway', 'subgraphs') ?? {}) as Record<string, object>

/** A text of section `auth`, which the gateway must agree with. */
export const authText = (file: ConfigFile, env: NodeJS.ProcessEnv, key: 'issuer' | 'audience'): string => {
  const set = env[`MARQUEE_AUTH_${key.toUpperCase()}`] ?? valueAt(file, 'auth', key)
  return typeof set === 'string' ? set : 'marquee'
}

/** What every process of the platform is told, over the environment of this one. */
export const commonEnvironment = (
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
  secret: string,
  topology: Topology | undefined,
): NodeJS.ProcessEnv => ({
  NODE_COMPILE_CACHE: compileCache,
  // glibc gives each thread an arena of its own: with two, a Node.js process is 20 MB smaller.
  MALLOC_ARENA_MAX: '2',
  ...env,
  // Empty: no file, not the one of the working folder.
  MARQUEE_CONFIG: file.exists ? file.path : '',
  MARQUEE_SECRET: secret,
  ...(topology === undefined ? {} : { MARQUEE_DATA_DATABASES: JSON.stringify(topology) }),
})
