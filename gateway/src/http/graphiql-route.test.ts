import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromium } from 'playwright-core'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
beforeAll(async () => {
  federation = await startTinyFederation()
  gateway = await startTestGateway(federation.supergraphFile, {
    graphiql: {
      title: 'Books <& more>',
      tabs: [
        { query: '# </script> is text here\nquery Example {\n  books { title price }\n}\n' },
        { query: 'query Second($n: Int!) { books(first: $n) { id } }', variables: '{ "n": 1 }' },
      ],
    },
  })
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
})

const visit = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.origin}${path}`, {
    headers: { accept: 'text/html,*/*;q=0.8', ...headers },
    redirect: 'manual',
  })

describe('GraphiQL', () => {
  test('is at / for browsers only, and may talk to its own origin only', async () => {
    const page = await visit('/')
    const html = await page.text()
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^;]+;.*connect-src 'self'/,
    )
    expect(html).toContain('<title>Books &lt;&amp; more></title>')
    const again = await visit('/', { 'if-none-match': page.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
    expect((await visit('/', { accept: '*/*' })).status).toBe(404)
  })

  test('is where a browser that opens /graphql is sent', async () => {
    const moved = await visit('/graphql?query=%7Ba%7D')
    expect([moved.status, moved.headers.get('location')]).toEqual([303, '/?query=%7Ba%7D'])
  })

  test('comes as it is to a client that cannot unpack', async () => {
    const plain = await visit('/', { 'accept-encoding': 'identity' })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await plain.text()).toContain('YogaGraphiQL')
  })

  test('can be switched off', async () => {
    const without = await startTestGateway(federation.supergraphFile, { graphiql: { enabled: false } })
    const statuses = await Promise.all(
      ['/', '/graphql'].map(
        async path => (await fetch(`${without.origin}${path}`, { headers: { accept: 'text/html' } })).status,
      ),
    )
    await without.drain()
    expect(statuses).toEqual([404, 406])
  })
})

const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const inBrowser = existsSync(browserPath) ? test : test.skip
const reason = existsSync(browserPath) ? '' : ' (no Chromium found; set CHROMIUM_PATH)'

inBrowser(`in a real browser it runs its examples and asks nothing of any other host${reason}`, async () => {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  try {
    const page = await browser.newPage()
    const origins = new Set<string>()
    const problems: string[] = []
    page.on('request', request => {
      const { protocol, origin } = new URL(request.url())
      if (protocol !== 'data:') origins.add(origin)
    })
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(gateway.url)
    await page.locator('.graphiql-tab', { hasText: 'Second' }).waitFor()
    await page.locator('.graphiql-execute-button').click()
    await page.locator('.graphiql-response', { hasText: 'Kallocain' }).waitFor()
    await page.locator('button[aria-label="Show Documentation Explorer"]').click()
    await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor()
    expect(problems).toEqual([])
    expect([...origins]).toEqual([gateway.origin])
  } finally {
    await browser.close()
  }
})
