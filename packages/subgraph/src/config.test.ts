import { readSection } from '@marquee/contract'
import { expect, test } from '@jest/globals'
import { subgraphConfig } from './config.ts'

test('every default', () => {
  expect(readSection('subgraph', subgraphConfig, {})).toEqual({
    host: '127.0.0.1',
    port: 0,
    allowUnsignedCallers: false,
    deadlineMs: 10_000,
    maxBodyBytes: 8_388_608,
    receiveTimeoutMs: 30_000,
    repeatedStatements: 10,
    drainTimeoutMs: 10_000,
    logLevel: 'info',
  })
})

test('the environment overrides the file', () => {
  const env = { MARQUEE_SECRET: 'sixteen letters.', MARQUEE_SUBGRAPH_PORT: '4003' }
  const data = { subgraph: { port: 1, secret: 'another one, longer' } }
  expect(readSection('subgraph', subgraphConfig, { data, env })).toMatchObject({
    port: 4003,
    secret: 'sixteen letters.',
  })
})

test.each([
  [{ port: 70_000 }, 'subgraph.port'],
  [{ prot: 4003 }, 'prot'],
  [{ secret: 'short' }, 'subgraph.secret'],
  [{ logLevel: 'loud' }, 'subgraph.logLevel'],
])('%j is refused by name', (subgraph, culprit) => {
  expect(() => readSection('subgraph', subgraphConfig, { data: { subgraph } })).toThrow(culprit)
})
