import { afterAll, beforeAll } from '@jest/globals'
import { askInParts } from './ask-in-parts.ts'
import { startFilmFederation, type FilmFederation } from './film-federation.ts'
import { startTestGateway } from './test-gateway.ts'

/** What Apollo Client 3 accepts. */
export const old = 'multipart/mixed;deferSpec=20220824, application/json'
/** The current proposal. */
export const current = 'multipart/mixed;incrementalSpec=v0.2, application/json'

type Gateway = Awaited<ReturnType<typeof startTestGateway>>

/** A gateway over the films for the tests of one file, to be asked for answers in parts. */
export const withFilmGateway = () => {
  let federation: FilmFederation
  let gateway: Gateway
  beforeAll(async () => {
    federation = await startFilmFederation()
    gateway = await startTestGateway(federation.supergraphFile)
  })
  afterAll(async () => {
    await gateway.drain()
    await federation.stop()
  })
  const inParts = (accept: string, query: string, variables = {}) =>
    askInParts(gateway.url, accept, query, variables)
  return Object.freeze({
    federation: () => federation,
    gateway: () => gateway,
    inParts,
    all: async (accept: string, query: string, variables = {}) =>
      (await inParts(accept, query, variables)).rest(),
  })
}
