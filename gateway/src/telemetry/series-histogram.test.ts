import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { seriesHistogram } from './series-histogram.ts'

const buckets = [0.001, 0.01, 0.1, 1]

test('is written as the histogram of prom-client is', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('plan', 'fetch'), fc.constantFrom(0, 0.001, 0.0011, 0.5, 1, 7))),
      async measurements => {
        const ours = new Registry()
        const theirs = new Registry()
        const head = { name: 'stage_seconds', help: 'Time in each stage.', buckets }
        const light = seriesHistogram({ ...head, labelName: 'stage', registry: ours })
        const full = new Histogram({ ...head, labelNames: ['stage'], registers: [theirs] })
        for (const [stage, seconds] of measurements) {
          light.series(stage)(seconds)
          full.observe({ stage }, seconds)
        }
        expect(await ours.metrics()).toBe(await theirs.metrics())
      },
    ),
    { numRuns: 50 },
  ))

test('can be set to nothing, and goes on counting', async () => {
  const registry = new Registry()
  const histogram = seriesHistogram({ name: 'a', help: 'b', labelName: 'c', buckets, registry })
  const observe = histogram.series('d')
  observe(1)
  expect(await registry.metrics()).toContain('a_count{c="d"} 1')
  registry.resetMetrics()
  expect(await registry.metrics()).toContain('a_count{c="d"} 0')
  observe(1)
  expect(await registry.metrics()).toContain('a_count{c="d"} 1')
})
