import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import type { z } from 'zod'
import type { gatewayConfig } from '../../config.ts'
import type { RunFetches } from '../fetch.ts'
import { fetchRunner } from '../run-fetches.ts'
import { SubgraphClient } from '../subgraph-client.ts'
import type { RequestObservation } from '../subgraph-request.ts'
import { testConfig } from './fetches.ts'
import { startRecordingSubgraph, type RecordingSubgraph } from './recording-subgraph.ts'

export type Shop = {
  subgraph: RecordingSubgraph
  observed: RequestObservation[]
  runner: (settings?: z.input<typeof gatewayConfig>) => RunFetches
}

/** A real subgraph over HTTP for all tests of a file, and runners that ask it. */
export const withShop = (): Shop => {
  const clients: SubgraphClient[] = []
  const shop = {
    observed: [] as RequestObservation[],
    runner: (settings: z.input<typeof gatewayConfig> = {}) => {
      const config = testConfig(settings)
      const client = new SubgraphClient(config)
      clients.push(client)
      const send = client.senderFor(() => shop.subgraph.url)
      return fetchRunner({ config, send, observe: observation => shop.observed.push(observation) })
    },
  } as Shop
  beforeAll(async () => {
    shop.subgraph = await startRecordingSubgraph()
  })
  beforeEach(() => {
    shop.subgraph.received.length = 0
    shop.subgraph.breakWith(undefined)
    shop.observed.length = 0
  })
  afterAll(async () => {
    await Promise.all(clients.map(client => client.close()))
    await shop.subgraph.stop()
  })
  return shop
}

/** A promise's value, or `waiting` when it has none after all that is ready has run. */
export const settled = async <T>(promise: Promise<T>, withinMs = 50): Promise<T | 'waiting'> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'waiting'>(resolve => {
    timer = setTimeout(() => resolve('waiting'), withinMs)
  })
  const first = await Promise.race([promise, late])
  clearTimeout(timer)
  return first
}

/** Waits until something holds. Fails by the test's own time limit. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 2))
}
