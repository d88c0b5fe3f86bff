import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { seriesHistogram, type SeriesHistogram } from './series-histogram.ts'

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What one gateway counts. Each gateway has its own, so that several can live in one process. */
export type Metrics = Readonly<{
  registry: Registry
  /** By HTTP status. */
  requests: SeriesHistogram
  inFlight: Gauge
  errors: Counter<'code' | 'service'>
  stages: SeriesHistogram
  fetches: Histogram<'service' | 'outcome'>
  supergraphLoads: Counter<'outcome'>
  limitExceeded: Counter<'limit'>
}>

export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return Object.freeze({
    registry,
    requests: seriesHistogram({
      name: 'marquee_gateway_request_seconds',
      help: 'GraphQL requests by HTTP status, from arrival to answer.',
      labelName: 'status',
      buckets: seconds,
      registry,
    }),
    inFlight: new Gauge({
      name: 'marquee_gateway_requests_in_flight',
      help: 'GraphQL requests that are being answered.',
      registers,
    }),
    errors: new Counter({
      name: 'marquee_gateway_errors_total',
      help: 'Errors in answers by code (`other` for codes that are not of the catalogue), and by the subgraph that they came from.',
      labelNames: ['code', 'service'],
      registers,
    }),
    stages: seriesHistogram({
      name: 'marquee_gateway_stage_seconds',
      help: 'Time in each stage of the pipeline.',
      labelName: 'stage',
      buckets: seconds,
      registry,
    }),
    fetches: new Histogram({
      name: 'marquee_gateway_subgraph_fetch_seconds',
      help: 'Requests to subgraphs by outcome: `ok`, or the code of the failure.',
      labelNames: ['service', 'outcome'],
      buckets: seconds,
      registers,
    }),
    supergraphLoads: new Counter({
      name: 'marquee_gateway_supergraph_loads_total',
      help: 'Supergraphs met: `loaded`, `refused`, or `last-good` at a start from the kept copy.',
      labelNames: ['outcome'],
      registers,
    }),
    limitExceeded: new Counter({
      name: 'marquee_gateway_limit_exceeded_total',
      help: 'Requests above a limit, by its key: refused, or let through where `gateway.limits.measureOnly` is set.',
      labelNames: ['limit'],
      registers,
    }),
  })
}
