import { z } from 'zod'

export const mostShards = 8

/** Section `platform` of marquee.yaml: how `marquee up` runs everything on one machine. */
export const platformConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address that the gateway listens on'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(4000)
    .describe('Port of the gateway; 0 takes a free one. Flag: `--port`'),
  data: z
    .string()
    .min(1)
    .default('.marquee')
    .describe('Folder of everything that is kept, relative to marquee.yaml. Flag: `--data`'),
  replicas: z
    .int()
    .min(0)
    .max(4)
    .default(0)
    .describe(
      'Streaming replicas of the embedded PostgreSQL. From 2 on, a commit waits for one of them, and when the writer dies the most advanced takes its place. Flag: `--replicas`',
    ),
  shards: z
    .int()
    .min(1)
    .max(mostShards)
    .default(1)
    .describe(
      'Over how many embedded PostgreSQL servers the data of the subgraph users is spread; each has its own replicas. Flag: `--shards`',
    ),
  failover: z
    .strictObject({
      hangMs: z
        .int()
        .min(0)
        .default(10_000)
        .describe(
          'With 2 replicas or more: an embedded server that has taken no connection for this long, in ms, is killed; 0: never',
        ),
    })
    .prefault({})
    .describe('When a replica takes the place of the embedded writer'),
  supergraph: z
    .string()
    .min(1)
    .default('supergraph.yaml')
    .describe('File that says which subgraphs make the graph, relative to marquee.yaml'),
  only: z
    .array(z.string().min(1))
    .default([])
    .describe('Names of the subgraphs to run; empty: all of the supergraph. Flag: `--only`'),
  import: z
    .boolean()
    .default(true)
    .describe('Import the bundled films when there are no movies. Flag: `--no-import`'),
  demo: z
    .boolean()
    .default(true)
    .describe('Make a demo account with some reviews, once. Never done on a database of your own'),
  watch: z.boolean().default(true).describe('Compose again when a schema file changes. Flag: `--no-watch`'),
  semiSpaceMb: z
    .int()
    .min(0)
    .max(512)
    .default(4)
    .describe(
      'Young generation (semi-space) of each service process, in MB. Small keeps an idle platform small, large saves CPU under load; 0 leaves it to Node.js',
    ),
  startTimeoutMs: z
    .int()
    .positive()
    .default(60_000)
    .describe('Longest wait for one service to be ready, in ms'),
  stopTimeoutMs: z
    .int()
    .positive()
    .default(15_000)
    .describe('Longest wait for one service to drain before it is killed, in ms'),
  restart: z
    .strictObject({
      firstDelayMs: z
        .int()
        .positive()
        .default(200)
        .describe('Wait before the first restart of a service, in ms'),
      maxDelayMs: z
        .int()
        .positive()
        .default(10_000)
        .describe('Longest wait before a restart, in ms: the wait doubles with each'),
      stableMs: z
        .int()
        .positive()
        .default(30_000)
        .describe('A service that ran this long, in ms, counts as well: its next wait is the first again'),
    })
    .prefault({})
    .describe('How services that died are restarted'),
  metrics: z
    .strictObject({
      port: z
        .int()
        .min(0)
        .max(65_535)
        .default(0)
        .describe('Port on `platform.host` where the supervisor serves `/metrics`; 0: nowhere'),
    })
    .prefault({})
    .describe('What the supervisor knows, for Prometheus: services, failovers, findings of the doctor'),
  backup: z
    .strictObject({
      folder: z
        .string()
        .min(1)
        .default('backups')
        .describe('Where backups are kept, relative to the data folder. Flag: `--to`'),
      keep: z
        .int()
        .min(1)
        .max(1000)
        .default(7)
        .describe('How many backups are kept: `marquee db backup` deletes the oldest beyond'),
      archive: z
        .union([z.boolean(), z.string().min(1)])
        .default(false)
        .describe(
          'Whether the embedded servers archive their log, so that a restore can go to any moment; a text names the folder, `true` takes `wal-archive` of the data folder',
        ),
      archiveTimeoutS: z
        .int()
        .min(1)
        .max(86_400)
        .default(60)
        .describe('What is written is archived after so many seconds at the latest'),
    })
    .prefault({})
    .describe('`marquee db backup` of the embedded PostgreSQL'),
  logs: z
    .strictObject({
      maxBytes: z
        .int()
        .positive()
        .default(5_000_000)
        .describe('Size at which the log file of a service is rotated, in bytes; one old file is kept'),
    })
    .prefault({})
    .describe('Log files of the services, in the folder `logs` of the data folder'),
})

export type PlatformConfig = z.output<typeof platformConfig>
