import { readSection } from '@marquee/contract'
import { expect, test } from '@jest/globals'
import { gatewayConfig } from './config.ts'

test('every default', () => {
  expect(readSection('gateway', gatewayConfig, {})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    supergraph: { file: 'supergraph.graphql', watch: true, pollMs: 2000, keepLastGood: true },
    subgraphs: {},
    fetch: {
      connections: 128,
      connectTimeoutMs: 2000,
      keepAliveMs: 4000,
      maxAnswerBytes: 67_108_864,
      maxBatch: 500,
      shareInFlight: true,
      coalesce: true,
      maxCoalesced: 100,
    },
    identity: {
      issuer: 'marquee',
      audience: 'marquee',
      algorithms: ['EdDSA', 'ES256'],
      clockToleranceSeconds: 5,
      timeoutMs: 2000,
      cooldownMs: 5000,
      cacheMs: 600_000,
    },
    limits: {
      maxTokens: 10_000,
      maxNesting: 200,
      maxDepth: 30,
      maxSelections: 4000,
      maxAliases: 500,
      maxDirectives: 500,
      maxRootFields: 50,
      maxListSize: 1000,
      maxVariablesDepth: 100,
      measureOnly: false,
    },
    cors: { origins: [], credentials: false, maxAgeSeconds: 600 },
    graphiql: { enabled: true, title: 'Marquee', defaultQuery: '{\n  __typename\n}\n', tabs: [] },
    deadlineMs: 30_000,
    maxBodyBytes: 1_048_576,
    forwardHeaders: [],
    engine: 'marquee',
    overrides: {},
    inspect: { scope: 'marquee:inspect', everyone: false },
    introspection: true,
    defer: true,
    csrfPrevention: true,
    persistedQueries: { enabled: true, maxBytes: 16_777_216 },
    documentCache: { maxBytes: 16_777_216 },
    planner: {
      maxEvaluatedPlans: 1000,
      maxPaths: 300,
      workers: 1,
      timeoutMs: 10_000,
      maxHeapMb: 1024,
      maxQueued: 1000,
      cacheMiB: 64,
      warmOperations: 500,
      warmTimeoutMs: 30_000,
    },
    errors: { maskUnknown: true },
    metrics: true,
    drain: { delayMs: 0, timeoutMs: 10_000 },
    logLevel: 'info',
  })
})

test.each([
  [{}, true],
  [{ NODE_ENV: 'production' }, false],
  [{ NODE_ENV: 'production', MARQUEE_GATEWAY_INTROSPECTION: 'true' }, true],
])('introspection with %j in the environment: %s', (env, shown) => {
  expect(readSection('gateway', gatewayConfig, { env }).introspection).toBe(shown)
})

test('the environment goes over the file', () => {
  const config = readSection('gateway', gatewayConfig, {
    data: { gateway: { port: 1, supergraph: { file: 'a' } } },
    env: {
      MARQUEE_GATEWAY_PORT: '2',
      MARQUEE_GATEWAY_SUPERGRAPH_FILE: 'b',
      MARQUEE_GATEWAY_SUBGRAPHS: '{ "films": { "url": "http://films/" } }',
      MARQUEE_SECRET: '12345',
      MARQUEE_GATEWAY_IDENTITY_JWKS_URL: 'http://auth/jwks.json',
    },
  })
  expect(config).toMatchObject({
    port: 2,
    supergraph: { file: 'b' },
    subgraphs: { films: { url: 'http://films/' } },
    secret: '12345',
    identity: { jwksUrl: 'http://auth/jwks.json' },
  })
})

test.each([
  [{ prot: 1 }, /gateway: .*prot/],
  [{ cors: { origins: ['*'], credentials: true } }, /gateway.cors: .*name the origins/],
  [{ forwardHeaders: ['Cookie'] }, /gateway.forwardHeaders.0: .*lower case/],
  [{ forwardHeaders: ['x-marquee-identity'] }, /the gateway sets this header itself/],
  [{ limits: { maxNesting: 1001 } }, /gateway.limits.maxNesting/],
  [{ identity: { algorithms: ['HS256'] } }, /gateway.identity.algorithms.0/],
])('%j is refused', (gateway, message) => {
  expect(() => readSection('gateway', gatewayConfig, { data: { gateway } })).toThrow(message)
})
