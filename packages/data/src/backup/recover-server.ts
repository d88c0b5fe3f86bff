import { chown, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { unarchiveCommand } from '../embedded/archive.ts'
import { placeServer, type Placement } from '../embedded/placement.ts'
import { canReach } from '../embedded/run-as.ts'
import { readState, writeState } from '../embedded/server-state.ts'
import type { Settings } from '../embedded/settings.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import { withClient } from '../with-client.ts'
import type { BackedUpServer, Manifest } from './manifest.ts'
import { forEach } from './seal-folder.ts'
import { stagingIn } from './staging.ts'

/** Until where the log is replayed. */
export type RecoveryTarget =
  | Readonly<{ kind: 'time'; time: string; timeline: 'current' | 'latest' }>
  | Readonly<{ kind: 'lsn'; lsn: string }>
  | Readonly<{ kind: 'latest' }>

/** A server of a backup as it is after recovery, in a folder of its own. */
export type Recovered = Readonly<{
  /** Of the server's state: where the password is. */
  folder: string
  data: string
  timeline: number
  lsn: string
  /** When the last transaction that is in it was committed; null when the log held none. */
  lastCommit: string | null
}>

type Reached = Omit<Recovered, 'folder' | 'data'>

const pollMs = 50

const targetSettings = (target: RecoveryTarget): Settings => {
  if (target.kind === 'latest') return { recovery_target_timeline: 'latest' }
  if (target.kind === 'lsn') return { recovery_target_lsn: target.lsn, recovery_target_timeline: 'latest' }
  // Names of zones, `Z` too, are not known to PostgreSQL yet when it reads this.
  const time = target.time.replace(/Z$/, '+00:00')
  return { recovery_target_time: time, recovery_target_timeline: target.timeline }
}

const settingsFor = (target: RecoveryTarget, archive: string | undefined): Settings => ({
  ...targetSettings(target),
  recovery_target_action: 'promote',
  // What the archive does not have, the backup's own log may.
  restore_command: archive === undefined ? 'false' : unarchiveCommand(archive),
  // It is not to be seen before it is what was asked for.
  hot_standby: 'off',
  // It may be a copy for a look at it, and the archive another one's.
  archive_mode: 'off',
  // Its files are on disk when it is ready; one by one takes longer.
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
  synchronous_standby_names: '',
})

/** Copies a server's files out of the backup. */
const copyOut = async (
  backup: string,
  { folders, files }: Manifest,
  { name }: BackedUpServer,
  { data, runAs }: Placement,
  onBytes: (bytes: number) => void,
): Promise<void> => {
  const prefix = `${name}/data`
  const own = async (path: string): Promise<void> => {
    if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
  }
  for (const folder of folders.filter(path => path === prefix || path.startsWith(`${prefix}/`))) {
    const place = join(data, folder.slice(prefix.length))
    await mkdir(place, { mode: 0o700 })
    await own(place)
  }
  await forEach(
    files.filter(({ path }) => path.startsWith(`${prefix}/`)),
    async ({ path, bytes }) => {
      const place = join(data, path.slice(prefix.length))
      await copyFile(join(backup, path), place)
      await own(place)
      onBytes(bytes)
    },
  )
  const signal = join(data, 'recovery.signal')
  await writeFile(signal, '', { mode: 0o600 })
  await own(signal)
}

/** What it tells whoever connects too early or too late: we do, while it replays. */
const toClients = /FATAL: +the database system is /

/** Why PostgreSQL ended, from its log. */
const lastWord = async (log: string): Promise<string | undefined> => {
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n')
  const words = lines.filter(line => /FATAL|PANIC/.test(line) && !toClients.test(line)).at(-1)
  const reached = lines.filter(line => line.includes('last completed transaction was at log time')).at(-1)
  const time = reached?.split('log time ')[1]
  const said = words?.replace(/^.*(FATAL|PANIC): +/, '')
  return said === undefined
    ? undefined
    : `${said}${time === undefined ? '' : ` (the last transaction in the log is of ${time})`}`
}

/** It replays, or ends just now. */
const isNotReady = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message: string }
  return code === '57P03' || (code ?? '').startsWith('ECONN') || message.includes('terminated')
}

const askWhatIs = `
  select timeline_id::int as timeline, coalesce(pg_last_wal_replay_lsn(), checkpoint_lsn)::text as lsn,
    to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "lastCommit"
  from pg_control_checkpoint()`

/** Waits as long as it takes to replay the log. @throws when the server ends */
const whenRecovered = async (server: PostgresServer, signal: AbortSignal | undefined): Promise<Reached> => {
  let hasEnded = false
  void server.exited.then(() => {
    hasEnded = true
  })
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await withClient(
        server.url('postgres'),
        async client => {
          await client.query('checkpoint')
          const [reached] = (await client.query<Reached>(askWhatIs)).rows
          if (reached === undefined) throw new Error('the server does not say where it is')
          return reached
        },
        0,
      )
    } catch (error) {
      if (hasEnded) throw new Error('the server ended', { cause: error })
      if (!isNotReady(error)) throw error
    }
    await after(pollMs)
  }
}

/**
 * Recovers one server of a backup, beside what `folder` holds.
 * @param archive  where its log is, should the backup's own not reach
 * @throws when it cannot be brought to the target; nothing is left then
 */
export const recoverServer = async (
  options: Readonly<{
    backup: string
    manifest: Manifest
    server: BackedUpServer
    folder: string
    target: RecoveryTarget
    archive: string | undefined
    log: (line: string) => void
    onBytes: (bytes: number) => void
    signal: AbortSignal | undefined
  }>,
): Promise<Recovered> => {
  const { backup, manifest, server, folder, target, archive, log, onBytes, signal } = options
  const staging = await stagingIn(folder)
  const place = await placeServer(staging)
  if (archive !== undefined && !(await canReach(place.runAs, join(archive, 'x'))))
    throw new Error(`PostgreSQL runs as ${place.runAs?.name ?? ''}, who cannot reach the archive ${archive}`)
  const password = await readFile(join(backup, server.name, 'password'), 'utf8')
  await writeState(place.folder, { ...(await readState(place.folder)), password })
  try {
    const running = await startPostgres({
      folder: staging,
      settings: settingsFor(target, archive),
      log,
      createCluster: (_binaries, placement) => copyOut(backup, manifest, server, placement, onBytes),
    })
    try {
      const reached = await whenRecovered(running, signal)
      return Object.freeze({ ...reached, folder: place.folder, data: place.data })
    } finally {
      await running.stop()
    }
  } catch (error) {
    const reason = (await lastWord(join(place.folder, 'postgres.log'))) ?? (error as Error).message
    await rm(staging, { recursive: true, force: true })
    throw new Error(`${server.name}: ${reason}`, { cause: error })
  }
}
