import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { chromiumPath, openBrowser } from './support/chromium.ts'
import { startPlatform, type Platform } from './support/platform.ts'
import { root } from './support/run-cli.ts'

const inBrowser = chromiumPath === undefined ? test.skip : test
const reason = chromiumPath === undefined ? ' (no Chromium found; set CHROMIUM_PATH)' : ''

let platform: Platform
let browser: Browser
beforeAll(async () => {
  if (chromiumPath === undefined) return
  platform = await startPlatform()
  browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await platform?.stop()
})

inBrowser(
  `GraphiQL runs its first query, and asks nothing of other hosts${reason}`,
  async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const foreign: string[] = []
    const errors: string[] = []
    page.on('request', request => {
      const url = new URL(request.url())
      if (url.protocol.startsWith('http') && url.host !== new URL(platform.url).host)
        foreign.push(request.url())
    })
    page.on('pageerror', error => errors.push(error.message))
    await page.goto(new URL('/', platform.url).href)
    await page.getByRole('button', { name: /execute query/i }).click({ timeout: 15_000 })
    // The editors draw only the lines in view, so the answer is looked for in its first lines.
    await page
      .locator('.graphiql-response, .result-window')
      .first()
      .getByText('data', { exact: false })
      .first()
      .waitFor({ timeout: 15_000 })
    await page.waitForTimeout(300)
    await mkdir(join(root, 'coverage'), { recursive: true })
    await page.screenshot({ path: join(root, 'coverage', 'graphiql.png') })
    const shown = await page.locator('.graphiql-response, .result-window').first().innerText()
    expect(shown).toContain('title')
    expect(shown).not.toContain('errors')
    expect(foreign).toEqual([])
    expect(errors).toEqual([])
  },
  60_000,
)
