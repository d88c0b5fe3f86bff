import { pino, type Logger } from 'pino'
import type { GatewayConfig } from '../config.ts'

/**
 * Structured logs: one JSON object a line on standard output. Not through pino's own writer: when the reader of the pipe
 * is gone, that one tries for ever while the process exits.
 */
export const makeLog = (level: GatewayConfig['logLevel'] = 'info'): Logger =>
  pino(
    { level, base: { service: 'gateway' }, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    process.stdout,
  )
