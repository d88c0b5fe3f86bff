import { afterAll, beforeAll } from '@jest/globals'
import { startTestGateway } from './test-gateway.ts'
import { startTinyFederation, type TinyFederation } from './tiny-federation.ts'

export type TinyGateway = {
  federation: TinyFederation
  gateway: Awaited<ReturnType<typeof startTestGateway>>
}

/** A gateway before two tiny subgraphs, for all tests of a file. To be used from within tests only. */
export const withTinyGateway = (): Readonly<TinyGateway> => {
  const running = {} as TinyGateway
  beforeAll(async () => {
    running.federation = await startTinyFederation()
    running.gateway = await startTestGateway(running.federation.supergraphFile)
  })
  afterAll(async () => {
    await running.gateway.drain()
    await running.federation.stop()
  })
  return running
}
