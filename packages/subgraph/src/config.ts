import { z } from 'zod'

/** Section `subgraph` of marquee.yaml: what every subgraph process is told. */
export const subgraphConfig = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
    port: z.int().min(0).max(65_535).default(0).describe('Port to listen on; 0 takes a free one.'),
    secret: z
      .string()
      .min(16)
      .optional()
      .meta({ env: 'MARQUEE_SECRET' })
      .describe(
        'Secret shared with the gateway, at least 16 characters: only callers that sign with it are answered.',
      ),
    allowUnsignedCallers: z
      .boolean()
      .default(false)
      .describe(
        'Answer everybody, as an anonymous caller, when no secret is set. For play on one machine only.',
      ),
    deadlineMs: z
      .int()
      .positive()
      .max(600_000)
      .default(10_000)
      .describe('Longest time for one answer, in milliseconds. A caller may ask for less, never for more.'),
    maxBodyBytes: z
      .int()
      .positive()
      .default(8 * 1024 * 1024)
      .describe('Longest request body, in bytes.'),
    receiveTimeoutMs: z
      .int()
      .nonnegative()
      .default(30_000)
      .describe(
        'Longest time that a caller may take to send its request, in milliseconds; 0 waits for ever.',
      ),
    drainTimeoutMs: z
      .int()
      .nonnegative()
      .default(10_000)
      .describe('When shutting down: how long requests in flight may take to end, in milliseconds.'),
    repeatedStatements: z
      .int()
      .nonnegative()
      .max(10_000)
      .default(10)
      .describe(
        'From how many equal statements of one field in one request on it is told that the field does not batch (N+1), in `/metrics` and once in the log; 0 never.',
      ),
    logLevel: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe(
        'Least level that is logged. A refused or failed request is `warn` or `error`, a good one `debug`.',
      ),
  })
  .prefault({})

export type SubgraphConfig = z.output<typeof subgraphConfig>
