import { chown, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunAs } from './run-as.ts'

export type Settings = Readonly<Record<string, string>>

const fileName = 'marquee.conf'

const common: Settings = {
  shared_buffers: '64MB',
  max_connections: '100',
  // Replicas and moving shards need it, and it can only change with a restart.
  wal_level: 'logical',
  max_wal_senders: '10',
  max_replication_slots: '10',
  // What a replica that is away may hold back: after that it is copied anew, and the disk does not fill.
  max_slot_wal_keep_size: '2GB',
  // A read on a replica keeps the rows it looks at alive on the writer. Without, it would be cancelled when they are
  // cleaned up there; statements are bounded (`data.statementTimeoutMs`), so little is held back for long.
  hot_standby_feedback: 'on',
  max_standby_streaming_delay: '5s',
  // How soon a replica looks for its writer again: it sets how long writes wait after a promotion.
  wal_retrieve_retry_interval: '100ms',
  min_wal_size: '32MB',
  max_wal_size: '512MB',
  shared_preload_libraries: 'pg_stat_statements',
  // Worker processes for reading ahead and compiling would cost more memory than they save time here.
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // Statements and row values are people's data: they stay out of the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  logging_collector: 'off',
}

// Safe against the end of a process, not of the machine.
const careless: Settings = {
  fsync: 'off',
  full_page_writes: 'off',
}

/** PostgreSQL reads a backslash in a quoted value as C does. */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll("'", "''")

/**
 * Writes our settings into the data folder, where postgresql.conf includes them. They are written anew at each start,
 * so that old data gets new settings; one's own go into postgresql.conf, below the include. `more` goes over them.
 */
export const writeSettings = async (
  dataFolder: string,
  durable: boolean,
  runAs: RunAs,
  more: Settings = {},
): Promise<void> => {
  const settings = { ...common, ...(durable ? {} : careless), ...more }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${escaped(value)}'`)
  const path = join(dataFolder, fileName)
  const text = `# Written by Marquee at each start.\n${lines.join('\n')}\n`
  const before = await readFile(path, 'utf8').catch(() => '')
  if (before === text) return
  // Renamed into place: a full disk must not leave half a file.
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  if (runAs !== null) await chown(`${path}.new`, runAs.uid, runAs.gid)
  await rename(`${path}.new`, path)
}

export const includeLine = `\ninclude_if_exists = '${fileName}'\n# Your own settings may follow.\n`
