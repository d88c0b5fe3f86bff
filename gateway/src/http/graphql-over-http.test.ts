import { expect, test } from '@jest/globals'
import { auditServer, type AuditResult } from 'graphql-http'
import { startTestGateway } from '../testing/test-gateway.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

/** An audit is named `MUST accept …`, `SHOULD use …`, `MAY allow …`. */
const levelOf = ({ name }: AuditResult): string => name.split(' ')[0] ?? ''

const failed = (results: readonly AuditResult[]): string[] =>
  results.filter(({ status }) => status !== 'ok').map(result => `${levelOf(result)} ${result.id}`)

const countOf = (results: readonly AuditResult[], level: string): number =>
  results.filter(result => levelOf(result) === level).length

// All three are GETs without a header that makes a browser ask first: the rule against cross-site requests refuses them.
const refusedOnPurpose = ['MAY 5A70', 'MAY D6D5', 'MAY 6A70']

test('every MUST and SHOULD of GraphQL over HTTP is kept, and every MAY but those refused on purpose', async () => {
  const results = await auditServer({ url: tiny.gateway.url })
  expect(countOf(results, 'MUST')).toBeGreaterThanOrEqual(13)
  expect(countOf(results, 'SHOULD')).toBeGreaterThanOrEqual(23)
  expect(failed(results)).toEqual(refusedOnPurpose)
})

test('all of them are kept where that rule is off', async () => {
  const open = await startTestGateway(tiny.federation.supergraphFile, { csrfPrevention: false })
  const results = await auditServer({ url: open.url })
  await open.drain()
  expect(failed(results)).toEqual([])
})
