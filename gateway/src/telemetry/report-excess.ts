import type { Logger } from 'pino'
import type { LimitsConfig, ReportExcess } from '../documents/document-limits.ts'
import type { Metrics } from './metrics.ts'

/** Counts each excess over a limit. A refused request has its own line in the log; one that is let through gets it here. */
export const excessReporter =
  ({ measureOnly }: LimitsConfig, log: Logger, metrics: Metrics): ReportExcess =>
  ({ limit, count, max }, document) => {
    metrics.limitExceeded.inc({ limit })
    if (measureOnly) log.info({ limit, count, max, document }, 'limit exceeded')
  }
