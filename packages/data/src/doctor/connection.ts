import pg from 'pg'
import { plainTypes } from '../plain-types.ts'
import { isUnreachable } from '../translate-error.ts'
import { MarqueeError } from '@marquee/contract'
import { upkeepMark } from '../statement-tags.ts'

/** One connection of the doctor's own, to one database. */
export type DoctorConnection = Readonly<{
  /** Rows of one statement; bigint as number where that is exact, numeric as text. */
  rows: <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>
  close: () => Promise<void>
}>

const settings = {
  // A check that takes longer is worse than what it looks for.
  look: { statement_timeout: 15_000, lock_timeout: 1000, options: '-c default_transaction_read_only=on' },
  // Building an index takes as long as it takes.
  mend: { statement_timeout: 0, lock_timeout: 3000 },
} as const

/**
 * Opens a connection: `look` can change nothing, `mend` can.
 * @throws DATABASE_UNAVAILABLE
 */
export const openDoctorConnection = async (
  url: string,
  purpose: 'look' | 'mend',
): Promise<DoctorConnection> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'marquee-doctor',
    connectionTimeoutMillis: 5000,
    types: plainTypes,
    ...settings[purpose],
  })
  client.on('error', () => undefined)
  const unavailable = (error: unknown): never => {
    throw isUnreachable(error) ? new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error }) : error
  }
  await client.connect().catch((error: unknown) => {
    throw new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error })
  })
  return Object.freeze({
    rows: async <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> => {
      const result = await client.query<Row>(`${sql} ${upkeepMark}`, [...params]).catch(unavailable)
      return result.rows
    },
    close: () => client.end().catch(() => undefined),
  })
}
