import { expect, test } from '@jest/globals'
import { auditServer, type AuditResult } from 'graphql-http'
import { startTestGateway } from '../testing/test-gateway.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

// All three are GETs without a header that makes a browser ask first: the rule against cross-site requests refuses them.
const refusedOnPurpose = ['MAY 5A70', 'MAY D6D5', 'MAY 6A70']

const failed = (results: readonly AuditResult[]): string[] =>
  results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${name.split(' ')[0]} ${id}`)

test('the audits of GraphQL over HTTP pass, but for those refused on purpose', async () => {
  const results = await auditServer({ url: tiny.gateway.url })
  expect(results.length).toBeGreaterThan(60)
  expect(failed(results)).toEqual(refusedOnPurpose)
})

test('all of them pass where that rule is off', async () => {
  const open = await startTestGateway(tiny.federation.supergraphFile, { csrfPrevention: false })
  const results = await auditServer({ url: open.url })
  await open.drain()
  expect(failed(results)).toEqual([])
})
