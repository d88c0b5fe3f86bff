import { AsyncLocalStorage } from 'node:async_hooks'
import { errorCatalogue, isErrorCode } from '@marquee/contract'
import type { Logger } from 'pino'
import { stdSerializers } from 'pino'
import type { RequestScope } from './definition.ts'

/** An error that the caller does not see as it is, or whose cause only we may see. */
type LoggedError = Readonly<{ code: string; id?: string; path?: string; error: unknown }>

/** What happened to one request, gathered as it goes; written as one log line when it ends. */
export type RequestRecord = {
  readonly requestId: string
  readonly arrivedMs: number
  operationName?: string
  /** Codes of all errors in the answer. */
  readonly codes: Set<string>
  /** Errors to log in full. */
  readonly errors: LoggedError[]
  /** True once the answer is decided: what fails later changes nothing. */
  settled: boolean
  /** Absent without a database. */
  scope?: RequestScope
  /** How often each field ran the same statement; absent while none did. */
  statements?: Map<string, number>
}

export const requestRecord = (requestId: string): RequestRecord => ({
  requestId,
  arrivedMs: performance.now(),
  codes: new Set(),
  errors: [],
  settled: false,
})

/** The record of the request that the running code belongs to: Apollo's error hook is not told. */
export const currentRecord = new AsyncLocalStorage<RequestRecord>()

const maxLoggedErrors = 10

/** True when it is the client who must mend something: the gateway, which answers the client, logs that. */
const isClientsFault = (code: string): boolean => isErrorCode(code) && errorCatalogue[code].status < 500

/**
 * The one line of a request that ended: `error` when something of ours broke, `warn` when it was refused or bad,
 * `debug` when all was well or the answer tells a client what to mend.
 */
export const logRequest = (
  log: Logger,
  record: RequestRecord,
  facts: Readonly<{ method: string; path: string; status: number; completed: boolean }>,
): void => {
  const line = {
    requestId: record.requestId,
    ...facts,
    durationMs: Math.round((performance.now() - record.arrivedMs) * 100) / 100,
    ...(record.operationName === undefined ? {} : { operation: record.operationName }),
    ...(record.codes.size === 0 ? {} : { codes: [...record.codes] }),
    ...(record.errors.length === 0
      ? {}
      : {
          errors: record.errors.slice(0, maxLoggedErrors).map(({ error, ...rest }) => ({
            ...rest,
            err: error instanceof Error ? stdSerializers.err(error) : error,
          })),
        }),
    ...(record.errors.length > maxLoggedErrors ? { errorCount: record.errors.length } : {}),
  }
  if (record.codes.has('INTERNAL_SERVER_ERROR')) log.error(line, 'request failed')
  else if (
    facts.completed &&
    facts.status < 400 &&
    record.codes.size > 0 &&
    [...record.codes].every(isClientsFault)
  ) {
    log.debug(line, 'request answered with errors for the client')
  } else if (record.codes.size > 0) log.warn(line, 'request refused or bad')
  else if (!facts.completed) log.warn(line, 'caller went away')
  else log.debug(line, 'request answered')
}
