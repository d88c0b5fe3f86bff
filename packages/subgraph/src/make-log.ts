import { pino, type Logger } from 'pino'
import type { SubgraphConfig } from './config.ts'

/**
 * Structured logs: one JSON object a line on standard output. Not through pino's own writer: when the reader of the pipe
 * is gone, that one tries for ever while the process exits.
 */
export const makeLog = (level: SubgraphConfig['logLevel'], service: string | undefined): Logger =>
  pino(
    {
      level,
      base: service === undefined ? {} : { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    process.stdout,
  )
