import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { generateFederation, type Federation } from './generate-federation.ts'
import { marqueeBench } from './marquee-bench.ts'
import type { Bench } from './run-case.ts'
import { describeDifference, runFederation } from './run-federation.ts'

// `run.ts` runs many more, and says what differs; a seed that is printed here can be given to it.
const seeds = [1, 2, 4, 5, 8, 10, 14, 16, 22, 24, 33, 38]

describe.each(seeds)('random operations on the generated supergraph %i', seed => {
  let federation: Federation
  let bench: Bench

  beforeAll(async () => {
    federation = generateFederation(seed)
    bench = await marqueeBench(federation)
  })
  afterAll(() => bench.close())

  const run = async (faults: boolean): Promise<readonly string[]> => {
    const options = { operations: 40, seed: 1, faults, tame: false, shrunk: 1 }
    const differences = await runFederation(federation, bench, options)
    return differences.map(difference => describeDifference(federation, difference))
  }

  test('get the answer of the monolith, to the letter', async () => {
    expect(await run(false)).toEqual([])
  })

  test('lose only what failed when fields and subgraphs fail, and say so', async () => {
    expect(await run(true)).toEqual([])
  })
})
