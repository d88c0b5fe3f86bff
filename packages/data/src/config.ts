import { z } from 'zod'

const database = z.strictObject({
  writer: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Address of the primary: postgres://user:password@host:port/database'),
  readers: z
    .array(z.url({ protocol: /^postgres(ql)?$/ }))
    .default([])
    .describe('Addresses of replicas. Kept in the topology; reads go to the writer for now.'),
})

const milliseconds = (byDefault: number, meaning: string) =>
  z.int().nonnegative().max(3_600_000).default(byDefault).describe(`${meaning}, in milliseconds`)

/** Section `data` of marquee.yaml: which databases there are, which domain lives where, and every bound on their use. */
export const dataConfig = z
  .strictObject({
    databases: z
      .record(z.string().min(1), database)
      .default({})
      .describe('The topology: database name to `writer` and `readers`'),
    domains: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('Domain to database name. A domain that is not listed lives in the database of its own name'),
    pool: z
      .strictObject({
        max: z.int().min(1).max(1000).default(10).describe('Most connections of one process to one database'),
        idleTimeoutMs: milliseconds(10_000, 'How long an idle connection is kept; 0 keeps it for ever'),
        acquireTimeoutMs: milliseconds(3000, 'How long a request waits for a connection; 0 waits for ever'),
      })
      .prefault({}),
    statementTimeoutMs: milliseconds(5000, 'Longest run of one SQL statement; 0 is unlimited'),
    lockTimeoutMs: milliseconds(3000, 'Longest wait for a lock; 0 is unlimited'),
    idleInTransactionTimeoutMs: milliseconds(
      10_000,
      'How long a transaction may stay open with nothing running; 0 is unlimited',
    ),
    connectTimeoutMs: milliseconds(30_000, 'How long a start goes on trying to reach the database, in all'),
  })
  .describe('Databases: topology, pools, timeouts')

export type DataConfig = z.output<typeof dataConfig>
