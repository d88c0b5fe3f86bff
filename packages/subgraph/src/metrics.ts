import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Outcome = 'ok' | 'partial' | 'failed' | 'refused'

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What a subgraph counts, on a registry of its own: two subgraphs in one process do not mix. */
export type Metrics = ReturnType<typeof makeMetrics>

export const makeMetrics = (subgraph: string) => {
  const registry = new Registry()
  registry.setDefaultLabels({ subgraph })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Histogram({
    name: 'marquee_subgraph_request_duration_seconds',
    help: 'Time from the arrival of a GraphQL request to its end, by outcome: ok, partial, failed, refused.',
    labelNames: ['outcome'],
    buckets: seconds,
    registers,
  })
  const inFlight = new Gauge({
    name: 'marquee_subgraph_requests_in_flight',
    help: 'GraphQL requests that are being answered.',
    registers,
  })
  const statements = new Counter({
    name: 'marquee_subgraph_sql_statements_total',
    help: 'SQL statements run.',
    registers,
  })
  const statementTime = new Histogram({
    name: 'marquee_subgraph_sql_statement_duration_seconds',
    help: 'Time that one SQL statement took.',
    buckets: seconds,
    registers,
  })
  const repeated = new Counter({
    name: 'marquee_subgraph_repeated_statements_total',
    help: 'Requests in which a field ran one statement again and again: a list resolved without batching (N+1).',
    labelNames: ['field'],
    registers,
  })
  return {
    registry,
    inFlight,
    requestEnded: (outcome: Outcome, durationMs: number): void =>
      requests.observe({ outcome }, durationMs / 1000),
    statementRun: (durationMs: number): void => {
      statements.inc()
      statementTime.observe(durationMs / 1000)
    },
    statementRepeated: (field: string): void => repeated.inc({ field }),
  }
}
