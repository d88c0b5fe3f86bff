import { tiers } from '@marquee/contract'
import { z } from 'zod'
import { limits } from './limits-config.ts'

const positive = z.int().positive()
const text = z.string().min(1)

/** What belongs to a connection or to the gateway's own word to a subgraph. */
const ownHeaders =
  /^(x-marquee-.*|x-request-id|host|content-.*|accept|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/

const supergraph = z
  .strictObject({
    file: text
      .default('supergraph.graphql')
      .describe('The composed supergraph, in SDL. It is watched: a new one is taken without a restart.'),
    watch: z.boolean().default(true).describe('Take a changed file while running.'),
    pollMs: z
      .int()
      .min(100)
      .default(2000)
      .describe('How often the file is looked at, in ms, where the system gives no notice of changes.'),
    keepLastGood: z
      .boolean()
      .default(true)
      .describe(
        'Keep a copy of the last good supergraph as `<file>.last-good`, to start from when it breaks. A file that is like it is not validated again at a start.',
      ),
  })
  .prefault({})

const subgraphs = z
  .record(
    text,
    z.strictObject({
      url: z.url().optional().describe('Where this subgraph answers, over the routing_url composed in.'),
      public: z
        .boolean()
        .default(false)
        .describe(
          'Its answers are the same for everybody: they may be shared across identities, and it is not told who asks.',
        ),
      coalesce: z
        .boolean()
        .default(true)
        .describe('Let fetches of different client requests travel together to this subgraph.'),
    }),
  )
  .default({})
  .describe('Subgraph name to its settings.')

const fetch = z
  .strictObject({
    connections: positive.default(128).describe('Most open connections to one subgraph.'),
    connectTimeoutMs: positive.default(2000).describe('How long a connection may take to open, in ms.'),
    keepAliveMs: positive.default(4000).describe('How long an idle connection is kept open, in ms.'),
    maxAnswerBytes: positive.default(64 * 1024 * 1024).describe('Longest answer of a subgraph, in bytes.'),
    maxBatch: positive
      .default(500)
      .describe('Most representations in one `_entities` list; what is more goes in further requests.'),
    shareInFlight: z
      .boolean()
      .default(true)
      .describe(
        'Let equal queries that are in flight at the same time, of the same identity, share one answer.',
      ),
    coalesce: z
      .boolean()
      .default(true)
      .describe(
        'Let fetches that are ready in the same moment for different requests of the same identity travel together.',
      ),
    maxCoalesced: positive
      .default(100)
      .describe('Most representations (or root queries) of different requests in one request to a subgraph.'),
  })
  .prefault({})

const identity = z
  .strictObject({
    jwksUrl: z
      .url()
      .optional()
      .describe('Where the public keys of access tokens are. Absent: tokens are not looked at.'),
    issuer: text.default('marquee').describe('The `iss` that a token must have.'),
    audience: text.default('marquee').describe('The `aud` that a token must have.'),
    algorithms: z
      .array(z.enum(['EdDSA', 'ES256']))
      .min(1)
      .default(['EdDSA', 'ES256'])
      .describe('Signature algorithms that are accepted. A token cannot choose another.'),
    clockToleranceSeconds: z
      .int()
      .min(0)
      .max(300)
      .default(5)
      .describe('How far clocks may be apart, in seconds.'),
    timeoutMs: positive.default(2000).describe('How long the keys may take to arrive, in ms.'),
    cooldownMs: positive
      .default(5000)
      .describe('Least time between two fetches of the keys for the sake of an unknown one, in ms.'),
    cacheMs: positive
      .default(600_000)
      .describe('How long keys are used before they are fetched anew, in ms.'),
  })
  .prefault({})

const cors = z
  .strictObject({
    origins: z
      .array(text)
      .default([])
      .describe(
        'Origins of web pages that may ask from a browser; `*` is every one. Empty: the same origin only.',
      ),
    credentials: z.boolean().default(false).describe('Let those pages send cookies and the like.'),
    maxAgeSeconds: z
      .int()
      .min(0)
      .default(600)
      .describe('How long a browser keeps the answer to a preflight.'),
  })
  .refine(value => !(value.credentials && value.origins.includes('*')), {
    message: 'credentials cannot be sent to every origin: name the origins',
  })
  .prefault({})

const graphiql = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve GraphiQL at / for browsers.'),
    title: text.default('Marquee').describe('Title of the page.'),
    defaultQuery: text.default('{\n  __typename\n}\n').describe('What the editor shows at first.'),
    tabs: z
      .array(
        z.strictObject({
          query: text.describe('A query to try.'),
          variables: z.string().optional().describe('Its variables, as JSON.'),
        }),
      )
      .default([])
      .describe('Example queries, one a tab. Over `defaultQuery` when given.'),
  })
  .prefault({})

/** Section `gateway` of marquee.yaml. */
export const gatewayConfig = z
  .strictObject({
    host: text.default('127.0.0.1').describe('Address to listen on.'),
    port: z.int().min(0).max(65_535).default(4000).describe('Port to listen on; 0 takes a free one.'),
    secret: text
      .optional()
      .meta({ env: 'MARQUEE_SECRET' })
      .describe('Shared with the subgraphs: signs who asks. Absent: subgraphs are not told.'),
    supergraph,
    subgraphs,
    fetch,
    identity,
    limits,
    cors,
    graphiql,
    deadlineMs: positive.default(30_000).describe('How long an answer may take, in ms.'),
    maxBodyBytes: positive.default(1024 * 1024).describe('Longest request body, in bytes.'),
    forwardHeaders: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9-]+$/, 'a header name in lower case')
          .refine(name => !ownHeaders.test(name), 'the gateway sets this header itself'),
      )
      .default([])
      .describe('Headers of the client that are passed to subgraphs as they are.'),
    overrides: z
      .record(
        text,
        z.strictObject({
          percent: z.number().min(0).max(100).optional().describe('Share of callers for whom it is on.'),
          tiers: z.array(z.enum(tiers)).optional().describe('Tiers of callers for whom it is on.'),
          clients: z.array(text).optional().describe('Ids of API clients for whom it is on.'),
        }),
      )
      .default({})
      .describe(
        'Label of `@override(label:)` to for whom it is on. A label `percent(n)` needs no entry; others are off without.',
      ),
    engine: z
      .enum(['marquee', 'apollo'])
      .default('marquee')
      .describe('What executes operations: compiled plans, or the stock `@apollo/gateway` as a way back.'),
    introspection: z
      .boolean()
      .default(true)
      .meta({ inProduction: false })
      .describe(
        'Let clients ask for the schema. Where NODE_ENV is `production` the default is `false`: then errors suggest no names either.',
      ),
    defer: z
      .boolean()
      .default(true)
      .describe(
        'Serve `@defer`: what is in such a fragment follows later, to clients that accept `multipart/mixed`. Off: the directive is not in the schema.',
      ),
    csrfPrevention: z
      .boolean()
      .default(true)
      .describe('Refuse what a web page of another origin could send without a preflight.'),
    persistedQueries: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Automatic persisted queries (by SHA-256 hash).'),
        maxBytes: positive.default(16 * 1024 * 1024).describe('Most memory for stored documents, in bytes.'),
      })
      .prefault({}),
    documentCache: z
      .strictObject({
        maxBytes: positive
          .default(16 * 1024 * 1024)
          .describe('Most text of parsed and validated documents that is remembered, in bytes.'),
      })
      .prefault({}),
    planner: z
      .strictObject({
        maxEvaluatedPlans: positive
          .default(1000)
          .describe('Most plans that are weighed against each other for one operation.'),
        maxPaths: positive
          .default(300)
          .describe('Most ways to one field that are followed. Beyond: QUERY_PLANNING_FAILED.'),
        workers: positive
          .max(16)
          .default(1)
          .describe(
            'Most processes that make plans. The second and further ones start when operations wait for a plan.',
          ),
        timeoutMs: positive
          .default(10_000)
          .describe('How long one plan may take, in ms. Beyond: QUERY_PLANNING_TIMED_OUT.'),
        maxHeapMb: positive
          .min(16)
          .default(1024)
          .describe('Most memory of one planning process, in MB. Beyond, it is replaced.'),
        maxQueued: positive
          .default(1000)
          .describe('Most operations that wait for a plan. Beyond: QUERY_PLANNER_BUSY.'),
        cacheMiB: positive.default(64).describe('Memory for compiled plans, in MiB.'),
        warmOperations: z
          .int()
          .min(0)
          .default(500)
          .describe('How many of the most used operations are planned before a new supergraph goes live.'),
        warmTimeoutMs: positive.default(30_000).describe('How long that may take at most, in ms.'),
      })
      .prefault({}),
    errors: z
      .strictObject({
        maskUnknown: z
          .boolean()
          .default(true)
          .describe(
            'Hide messages of subgraph errors that have no code of their own, and give an id instead.',
          ),
      })
      .prefault({}),
    inspect: z
      .strictObject({
        everyone: z
          .boolean()
          .default(false)
          .describe('Let every caller see plans and traces (header `x-marquee-inspect`).'),
        scope: text.default('marquee:inspect').describe('The scope of tokens whose callers may see them.'),
      })
      .prefault({}),
    metrics: z.boolean().default(true).describe('Serve Prometheus metrics at /metrics.'),
    drain: z
      .strictObject({
        delayMs: z
          .int()
          .min(0)
          .default(0)
          .describe('Time between "not ready" and closing the port, for a balancer to notice, in ms.'),
        timeoutMs: positive.default(10_000).describe('Longest wait for requests in flight, in ms.'),
      })
      .prefault({}),
    logLevel: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('How much is logged.'),
  })
  .prefault({})
  .describe('The gateway: HTTP in, plan, fetch, answer.')

export type GatewayConfig = z.output<typeof gatewayConfig>
