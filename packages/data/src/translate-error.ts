import { MarqueeError } from '@marquee/contract'

/** The bounds that PostgreSQL enforces for us, in milliseconds. */
export type Timeouts = Readonly<{
  statementTimeoutMs: number
  lockTimeoutMs: number
  idleInTransactionTimeoutMs: number
}>

// SQLSTATE, https://www.postgresql.org/docs/18/errcodes-appendix.html
const timeoutStates: Readonly<Record<string, keyof Timeouts>> = {
  '57014': 'statementTimeoutMs', // query_canceled
  '55P03': 'lockTimeoutMs', // lock_not_available
  '25P03': 'idleInTransactionTimeoutMs', // idle_in_transaction_session_timeout
}

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '53300', // too_many_connections
])

// pg gives these no code of their own.
const unreachableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Query read timeout)/

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** True when the server could not be reached or went away: trying again later can help. */
export const isUnreachable = (error: unknown): boolean => {
  if (error instanceof MarqueeError) return error.code === 'DATABASE_UNAVAILABLE'
  const { errors, message } = (error ?? {}) as { errors?: unknown; message?: unknown }
  // Node tries each address of a name, and says what became of each.
  if (Array.isArray(errors)) return errors.some(isUnreachable)
  const code = codeOf(error)
  return (
    unreachableCodes.has(code) ||
    code.startsWith('08') ||
    (typeof message === 'string' && unreachableMessages.test(message))
  )
}

const causeOf = (error: unknown): unknown => (error instanceof MarqueeError ? error.cause : error)

/** The server or the connection is gone, as opposed to: no connection came free in time. */
export const isServerGone = (error: unknown): boolean => {
  const { message } = (causeOf(error) ?? {}) as { message?: unknown }
  return isUnreachable(error) && message !== 'timeout exceeded when trying to connect'
}

/** What was asked was sent, and nobody knows what became of it. */
export const isUncertain = (error: unknown): boolean => {
  const { message } = (causeOf(error) ?? {}) as { message?: unknown }
  return isServerGone(error) && typeof message === 'string' && !/not queryable|was closed/.test(message)
}

/** A reader that refuses to change anything: read_only_sql_transaction. */
export const isReadOnlyServer = (error: unknown): boolean => codeOf(causeOf(error)) === '25006'

/** Another statement broke the transaction that this one was in: in_failed_sql_transaction. */
export const isInBrokenTransaction = (error: unknown): boolean => codeOf(causeOf(error)) === '25P02'

/** Replay took away what the statement was reading: serialization_failure or deadlock_detected on a reader. */
export const isReplayConflict = (error: unknown): boolean =>
  codeOf(causeOf(error)) === '40001' || codeOf(causeOf(error)) === '40P01'

/** PostgreSQL's `detail` quotes the whole row that broke a constraint: with it, a password hash would be logged. */
const withoutRow = (error: unknown): unknown => {
  if (error instanceof Error && 'detail' in error) error.detail = undefined
  return error
}

/**
 * Errors of the database that a caller can do something about, in the words of the catalogue: DATABASE_UNAVAILABLE
 * and DEADLINE_EXCEEDED, with the original as `cause`. Any other error is given back without the row that it quotes.
 */
export const translateError = (error: unknown, timeouts: Timeouts): unknown => {
  if (error instanceof MarqueeError) return error
  const setting = timeoutStates[codeOf(error)]
  if (setting !== undefined) {
    return new MarqueeError(
      'DEADLINE_EXCEEDED',
      { deadlineMs: timeouts[setting], setting: `data.${setting}` },
      { cause: error },
    )
  }
  return isUnreachable(error)
    ? new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error })
    : withoutRow(error)
}
