import { MarqueeError } from '@marquee/contract'
import type { SendQuery } from '../fleet/send-query.ts'
import type { Metrics } from './metrics.ts'
import type { Observe } from './series-histogram.ts'

type Work = (...args: never[]) => unknown

const since = (started: number): number => (performance.now() - started) / 1000

/** Nothing is made for a stage that answers at once: most do, in every request. */
const timed = <W extends Work>(work: W, observe: Observe): W =>
  ((...args: never[]) => {
    const started = performance.now()
    let result: unknown
    try {
      result = work(...args)
    } catch (error) {
      observe(since(started))
      throw error
    }
    if (!(result instanceof Promise)) {
      observe(since(started))
      return result
    }
    const end = (): void => observe(since(started))
    result.then(end, end)
    return result
  }) as W

/** The same stages, each one timed. */
export const withStageTimes = <S extends Readonly<Record<keyof S, Work>>>(stages: S, metrics: Metrics): S =>
  Object.fromEntries(
    Object.entries<Work>(stages).map(([stage, work]) => [stage, timed(work, metrics.stages.series(stage))]),
  ) as S

/** The same way to subgraphs, each HTTP request timed by subgraph and outcome. */
export const withFetchTimes =
  (send: SendQuery, metrics: Metrics): SendQuery =>
  request => {
    const { subgraph } = request
    const started = performance.now()
    const end = (outcome: string): void =>
      metrics.fetches.observe({ service: subgraph, outcome }, (performance.now() - started) / 1000)
    return send(request).then(
      answer => {
        end('ok')
        return answer
      },
      error => {
        end(error instanceof MarqueeError ? error.code : 'INTERNAL_SERVER_ERROR')
        throw error
      },
    )
  }
