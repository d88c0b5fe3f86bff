import { beforeAll, describe, expect, test } from '@jest/globals'
import { generateFederation, type Federation } from './generate-federation.ts'
import { runDeferred } from './run-deferred.ts'

describe.each([1, 2, 12, 14, 16])('random queries with @defer on the generated supergraph %i', seed => {
  let federation: Federation
  beforeAll(() => {
    federation = generateFederation(seed)
  })

  test('answered in parts and merged are what they are as a whole', async () => {
    const { differences, inParts } = await runDeferred(federation, { operations: 60, seed: 1, faults: false })
    expect(differences).toEqual([])
    expect(inParts).toBeGreaterThan(10)
  })

  test('keep the rules of both formats when fields fail, and hide no error', async () => {
    const { differences } = await runDeferred(federation, { operations: 40, seed: 500, faults: true })
    expect(differences).toEqual([])
  })
})
