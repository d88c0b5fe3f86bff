import { MarqueeError } from '@marquee/contract'
import type { SendQuery } from '../fleet/send-query.ts'
import type { Metrics } from './metrics.ts'
import type { Observe } from './series-histogram.ts'

type Work = (...args: never[]) => unknown

const timed = <W extends Work>(work: W, observe: Observe): W =>
  ((...args: never[]) => {
    const started = performance.now()
    const end = (): void => observe((performance.now() - started) / 1000)
    const endIn = <T>(result: T): T => {
      end()
      return result
    }
    let result: unknown
    try {
      result = work(...args)
    } catch (error) {
      end()
      throw error
    }
    if (!(result instanceof Promise)) return endIn(result)
    // Not `finally`, which makes three promises of one.
    return result.then(endIn, (error: unknown) => {
      end()
      throw error
    })
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
