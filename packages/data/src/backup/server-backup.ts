import { constants, copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { copyDataFolder } from '../embedded/copy-data-folder.ts'
import { systemIdentifier } from '../embedded/cluster-role.ts'
import type { BackedUpServer } from './manifest.ts'

/** A server to back up: that of the writer of one shard. */
export type BackupSource = Readonly<{
  /** Of its replica set. */
  name: string
  shard: number
  /** Of any of its databases, as superuser. */
  url: string
}>

type About = Readonly<{
  data: string
  system: string
  version: string
  isReplica: boolean
  segmentBytes: number
  archive: string | null
}>

const about = `
  select current_setting('data_directory') as data,
    (select system_identifier::text from pg_control_system()) as system,
    current_setting('server_version') as version,
    pg_is_in_recovery() as "isReplica",
    (select setting::int from pg_settings where name = 'wal_segment_size') as "segmentBytes",
    nullif(current_setting('marquee.archive', true), '') as archive`

const lsnNumber = (lsn: string): bigint => {
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

/** Names of the log files that hold the bytes from `start` up to `end`, without `end` itself. */
export const segmentNames = (
  timeline: number,
  start: string,
  end: string,
  segmentBytes: number,
): readonly string[] => {
  const size = BigInt(segmentBytes)
  const perId = 0x1_0000_0000n / size
  const hex = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0')
  const names: string[] = []
  for (let n = lsnNumber(start) / size; n <= (lsnNumber(end) - 1n) / size; n += 1n)
    names.push(`${hex(BigInt(timeline))}${hex(n / perId)}${hex(n % perId)}`)
  return names
}

/** The base backup of one running server, over its one connection: it ends with it, whatever becomes of us. */
export class ServerBackup {
  readonly source: BackupSource
  readonly #client: pg.Client
  readonly #about: About
  readonly #startLsn: string

  private constructor(source: BackupSource, client: pg.Client, found: About, startLsn: string) {
    this.source = source
    this.#client = client
    this.#about = found
    this.#startLsn = startLsn
  }

  /**
   * Begins it. From here on the server keeps its log for us, up to `max_slot_wal_keep_size`.
   * @throws when it is no writer on this machine
   */
  static async begin(source: BackupSource): Promise<ServerBackup> {
    const client = new pg.Client({
      connectionString: source.url,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      application_name: 'marquee-backup',
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query("set statement_timeout = 0; set idle_session_timeout = 0; set timezone = 'UTC'")
      const [found] = (await client.query<About>(about)).rows
      if (found === undefined || found.isReplica) throw new Error(`${source.name} is not the writer any more`)
      if ((await systemIdentifier(found.data)) !== found.system)
        throw new Error(`the files of ${source.name} (${found.data}) cannot be read here`)
      if ((await readdir(join(found.data, 'pg_tblspc'))).length > 0)
        throw new Error(`${source.name} has tablespaces, which are not backed up`)
      await client.query('select pg_create_physical_replication_slot($1, true, true)', [
        `marquee_backup_${process.pid}`,
      ])
      const { rows } = await client.query<{ lsn: string }>(
        `select pg_backup_start('marquee', fast => true)::text as lsn`,
      )
      return new ServerBackup(source, client, found, rows[0]?.lsn ?? '')
    } catch (error) {
      void client.end().catch(() => undefined)
      throw error
    }
  }

  get version(): string {
    return this.#about.version
  }

  /** Where its files are. */
  get data(): string {
    return this.#about.data
  }

  /** Copies the data folder, without log. */
  copyData(to: string, onFile: () => void): Promise<void> {
    return copyDataFolder(this.#about.data, to, null, onFile)
  }

  /** Ends it: what was copied becomes whole with the log until now. */
  async stop(to: string): Promise<void> {
    const { rows } = await this.#client.query<{ label: string }>(
      'select labelfile as label from pg_backup_stop(wait_for_archive => false)',
    )
    await writeFile(join(to, 'backup_label'), rows[0]?.label ?? '', { mode: 0o600 })
  }

  /** The server's clock, in ISO. */
  async now(): Promise<string> {
    const { rows } = await this.#client.query<{ now: string }>(
      `select to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
    )
    return rows[0]?.now ?? ''
  }

  /**
   * Copies the log from the begin until a commit that is later than all before this call: recovery stops in front of it
   * when it is told a moment in between.
   */
  async copyLog(to: string): Promise<BackedUpServer> {
    const { data, segmentBytes, system, archive } = this.#about
    await this.#client.query('select pg_current_xact_id()')
    const { rows } = await this.#client.query<{ lsn: string; timeline: number }>(
      `select lsn::text, ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int as timeline from pg_switch_wal() lsn`,
    )
    const [end] = rows
    if (end === undefined) throw new Error(`${this.source.name} does not say where its log ends`)
    await mkdir(join(to, 'pg_wal'), { recursive: true, mode: 0o700 })
    const names = segmentNames(end.timeline, this.#startLsn, end.lsn, segmentBytes)
    const histories = (await readdir(join(data, 'pg_wal'))).filter(name =>
      /^[0-9A-F]{8}\.history$/.test(name),
    )
    for (const name of [...histories, ...names]) {
      const target = join(to, 'pg_wal', name)
      await copyFile(join(data, 'pg_wal', name), target, constants.COPYFILE_FICLONE)
      if (names.includes(name) && (await stat(target)).size !== segmentBytes)
        throw new Error(`${name} of ${this.source.name} is not whole`)
    }
    const { name, shard } = this.source
    const { timeline, lsn: endLsn } = end
    const [firstSegment = ''] = names
    const startLsn = this.#startLsn
    return Object.freeze({ name, shard, system, timeline, startLsn, firstSegment, endLsn, archive })
  }

  /** Gives back what the server holds for us; a backup that was not stopped ends in nothing. */
  close(): void {
    void this.#client.end().catch(() => undefined)
  }
}
