import type { ConsistencyToken, Identity } from '@marquee/contract'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { RequestContext } from './context.ts'
import type { Resolvers } from './resolvers.ts'

/** What the kit tells a database of one request, and hears of it. */
export type RequestScope = {
  /** Where reads go: mutations read where they write. Set before the first statement. */
  reads: 'reader' | 'writer'
  /** Several statements make the answer, which must see one moment. Set before the first statement. */
  isGraph: boolean
  /** The answer broke because a reader was lost; it can be had by beginning anew. */
  readonly hasLostSnapshot: boolean
  /** Where the databases stand after what the request has written. */
  readonly wrote: ConsistencyToken
}

/**
 * What the kit needs of a database; `Database` and `ShardedDatabase` of @marquee/data have it. The kit itself knows no
 * SQL.
 */
export type SubgraphDatabase<Em> = Readonly<{
  /** Runs the work of one request, whose caller has seen `seen`. */
  inRequest: <T>(seen: ConsistencyToken, work: (scope: RequestScope) => Promise<T>) => Promise<T>
  health: () => Promise<Readonly<{ ok: boolean; latencyMs: number; detail?: string }>>
  onStatement: (listener: (statement: { sql: string; durationMs: number }) => void) => void
  /** Runs `work` with names that the database shows beside each statement that it causes. */
  withTags?: WithTags
  close: () => Promise<void>
}> &
  Readonly<
    [Em] extends [undefined]
      ? // A sharded database is asked by owner.
        { fork?: undefined }
      : {
          /** A fresh EntityManager for one request. */
          fork: () => Em
        }
  >

export type WithTags = <T>(tags: Readonly<{ field?: string; loader?: string }>, work: () => T) => T

/** What loaders are made from, once per request. */
export type LoaderRequest<Em> = Readonly<{ em: Em; identity: Identity; signal: AbortSignal; log: Logger }>

/** A subgraph: its schema, and how its fields find their data. Without a database, and with a sharded one, `Em` is `undefined`. */
export type SubgraphDefinition<Em = undefined, Loaders = unknown> = Readonly<{
  /** Its name in supergraph.yaml: the gateway signs for it. */
  name: string
  /** The text of the schema, in SDL. */
  schema: string
  /** Called once per request; makes the DataLoaders. */
  loaders: (request: LoaderRequest<Em>) => Loaders
  resolvers: Resolvers<RequestContext<Em, Loaders>>
  /** Adds HTTP routes of its own. They answer anybody: only /graphql is for the gateway alone. */
  routes?: (app: FastifyInstance) => void | Promise<void>
}> &
  Readonly<
    [Em] extends [undefined] ? { database?: SubgraphDatabase<undefined> } : { database: SubgraphDatabase<Em> }
  >
