import { z } from 'zod'
import { doctorConfig } from './doctor/thresholds.ts'
import { databasePlace } from './topology-config.ts'

const milliseconds = (byDefault: number, meaning: string) =>
  z.int().nonnegative().max(3_600_000).default(byDefault).describe(`${meaning}, in milliseconds`)

/** Section `data` of marquee.yaml: which databases there are, which domain lives where, and every bound on their use. */
export const dataConfig = z
  .strictObject({
    databases: z
      .record(z.string().min(1), databasePlace)
      .prefault({})
      .describe('The topology: database name to `writer` and `readers`, or to `shards`'),
    domains: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('Domain to database name. A domain that is not listed lives in the database of its own name'),
    pool: z
      .strictObject({
        max: z
          .int()
          .min(1)
          .max(1000)
          .default(10)
          .describe(
            'Most connections of one process to one server: for the reads of requests, and as many for all else',
          ),
        idleTimeoutMs: milliseconds(10_000, 'How long an idle connection is kept; 0 keeps it for ever'),
        acquireTimeoutMs: milliseconds(3000, 'How long a request waits for a connection; 0 waits for ever'),
      })
      .prefault({}),
    routing: z
      .strictObject({
        maxLagMs: milliseconds(1000, 'How far behind the writer a reader may be that is read from'),
        catchUpMs: milliseconds(50, 'How long a read waits for a reader to replay what its caller has seen'),
        maxWriterReads: z
          .int()
          .min(1)
          .max(1000)
          .default(5)
          .describe('Most reads of one process that the writer takes over at a time when no reader will do'),
        holdMs: milliseconds(
          5000,
          'How long statements are held while no server can take them; 0 fails them at once',
        ),
        resolveMs: milliseconds(
          5000,
          'How often names in `databases` are resolved: each address of a name is a server',
        ).refine(ms => ms > 0),
        heartbeatMs: milliseconds(100, 'Rest between two looks at a server').refine(ms => ms > 0),
        heartbeatTimeoutMs: milliseconds(300, 'A server that is silent for longer is gone').refine(
          ms => ms > 0,
        ),
      })
      .prefault({})
      .describe('Which server a statement goes to'),
    shards: z
      .strictObject({
        refreshMs: milliseconds(
          500,
          'How often a process looks whether the map of a sharded database has changed; alike in all processes',
        ).refine(ms => ms > 0),
        fenceWaitMs: milliseconds(2000, 'How long a write waits for a bucket that is being moved'),
        scatterConcurrency: z
          .int()
          .min(1)
          .max(32)
          .default(8)
          .describe('How many shards are asked at a time where all of them are'),
      })
      .prefault({})
      .describe('Databases that are sharded'),
    migrations: z
      .strictObject({
        atStart: z
          .boolean()
          .default(true)
          .describe(
            'Whether a subgraph migrates when it starts; if not, it refuses to start until `marquee db migrate` has',
          ),
        lockTimeoutMs: milliseconds(
          2000,
          'Longest wait of a migration for a lock: all that comes later waits behind it meanwhile',
        ).refine(ms => ms > 0),
        attempts: z
          .int()
          .min(1)
          .max(100)
          .default(10)
          .describe('How often a migration is tried that does not get its locks'),
        bigTableRows: z
          .int()
          .nonnegative()
          .default(100_000)
          .describe(
            'From how many rows on a table is big: a migration that rewrites it, or reads all of it under a lock that others wait for, is refused',
          ),
      })
      .prefault({})
      .describe('How the schema is changed'),
    partitions: z
      .strictObject({
        aheadMonths: z
          .int()
          .min(1)
          .max(120)
          .default(3)
          .describe('How many months to come have their partition already'),
        keepMonths: z
          .record(z.string().min(1), z.int().min(1).max(1200))
          .default({})
          .describe(
            'By table that is partitioned by month: how many full months are kept before this one; what is older is deleted. A table that is not named is kept for ever',
          ),
      })
      .prefault({})
      .describe('Tables that are partitioned by month'),
    statementTimeoutMs: milliseconds(5000, 'Longest run of one SQL statement; 0 is unlimited'),
    lockTimeoutMs: milliseconds(3000, 'Longest wait for a lock; 0 is unlimited'),
    idleInTransactionTimeoutMs: milliseconds(
      10_000,
      'How long a transaction may stay open with nothing running; 0 is unlimited',
    ),
    connectTimeoutMs: milliseconds(30_000, 'How long a start goes on trying to reach the database, in all'),
    doctor: doctorConfig.prefault({}),
    advisor: z
      .strictObject({
        everyMinutes: z
          .number()
          .min(0)
          .max(10_080)
          .default(0)
          .describe('How often `marquee up` runs the doctor, in minutes; 0 never'),
      })
      .prefault({})
      .describe('The doctor by itself'),
  })
  .describe('Databases: topology, pools, timeouts')

export type DataConfig = z.output<typeof dataConfig>
