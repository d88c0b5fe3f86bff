import { withClient } from '../with-client.ts'

/** How a server's archiving is. */
export type ArchiveState = Readonly<{
  isFailing: boolean
  /** Log that waits to be archived, and so stays on the server's own disk. */
  waitingBytes: number
  /** When a piece was archived last, in ISO. */
  lastAt: string | null
}>

/** More than a burst of writes leaves waiting: then archiving hangs. */
const mostWaitingBytes = 512e6

const question = `
  select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failed, last_archived_time as "lastAt",
    (select count(*)::float8 from pg_ls_archive_statusdir() where name like '%.ready')
      * (select setting::float8 from pg_settings where name = 'wal_segment_size') as waiting
  from pg_stat_archiver`

/**
 * Looks how archiving is, and commits nothing at all, by which a recovery knows of this moment: without, a server that is
 * not written to could not be brought to a moment after its last write.
 * @throws errors of `pg`
 */
export const tendArchive = (url: string): Promise<ArchiveState> =>
  withClient(url, async client => {
    await client.query('select pg_current_xact_id()')
    const { rows } = await client.query<{ failed: boolean; lastAt: Date | null; waiting: number }>(question)
    const [row] = rows
    const waitingBytes = row?.waiting ?? 0
    return {
      isFailing: row?.failed === true || waitingBytes > mostWaitingBytes,
      waitingBytes,
      lastAt: row?.lastAt?.toISOString() ?? null,
    }
  })
