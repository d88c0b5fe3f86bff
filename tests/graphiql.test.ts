import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { chromiumPath, openBrowser } from './support/chromium.ts'
import { startPlatform, type Platform } from './support/platform.ts'
import { root } from './support/run-cli.ts'

const inBrowser = chromiumPath === undefined ? test.skip : test
const reason = chromiumPath === undefined ? ' (no Chromium found; set CHROMIUM_PATH)' : ''

describe('a new user in GraphiQL', () => {
  let platform: Platform
  let browser: Browser
  let page: Page
  const foreign: string[] = []
  const problems: string[] = []

  beforeAll(async () => {
    if (chromiumPath === undefined) return
    platform = await startPlatform()
    browser = await openBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.on('request', request => {
      const { protocol, host } = new URL(request.url())
      if (protocol.startsWith('http') && host !== new URL(platform.url).host) foreign.push(request.url())
    })
    page.on('pageerror', error => problems.push(error.message))
    await page.goto(new URL('/', platform.url).href)
    await page.locator('.graphiql-query-editor', { hasText: 'FirstQuery' }).waitFor()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await platform?.stop()
  })

  /** Presses the button, and gives back the answer that came over the network; the page must show it too. */
  const execute = async (): Promise<Readonly<{ data: Record<string, never>; errors?: unknown }>> => {
    // GraphiQL asks for the schema by itself, in a request of the same kind.
    const answered = page.waitForResponse(response => {
      const request = response.request()
      const isQuestion = request.method() === 'POST' && response.url() === platform.url
      return isQuestion && request.postData()?.includes('IntrospectionQuery') === false
    })
    await page.locator('.graphiql-execute-button').click()
    const answer = (await (await answered).json()) as { data: Record<string, never> }
    const [field = ''] = Object.keys(answer.data)
    await page.locator('.graphiql-response', { hasText: `"${field}"` }).waitFor()
    return answer
  }

  const write = async (editor: string, text: string): Promise<void> => {
    await page.locator(`${editor} .monaco-editor:visible`).click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.press('Delete')
    await page.keyboard.insertText(text)
    // GraphiQL takes an edit in when the keyboard has rested.
    await page.waitForTimeout(300)
  }

  const ask = async (text: string) => {
    await write('.graphiql-query-editor', text)
    return execute()
  }

  inBrowser(`runs the query that is there, and looks as it should${reason}`, async () => {
    const answer = await execute()
    expect(answer).toMatchObject({ data: { search: [{ node: { title: 'The Godfather' } }] } })
    expect(answer.errors).toBeUndefined()
    await mkdir(join(root, 'coverage'), { recursive: true })
    await page.screenshot({ path: join(root, 'coverage', 'graphiql.png') })
  })

  inBrowser(
    `signs up, reviews, follows, keeps a watchlist, signs out${reason}`,
    async () => {
      const { data } = await ask(
        'mutation { signUp(input: {email: "kane@nostromo.example", password: "a long enough password", name: "Kane"}) { accessToken user { name } } }',
      )
      const { accessToken, user } = data['signUp'] as unknown as {
        accessToken: string
        user: { name: string }
      }
      expect(user.name).toBe('Kane')
      await page.getByRole('button', { name: 'Headers' }).click()
      await write('.graphiql-editor-tool', JSON.stringify({ authorization: `Bearer ${accessToken}` }))

      expect(await ask('{ viewer { name email } }')).toEqual({
        data: { viewer: { name: 'Kane', email: 'kane@nostromo.example' } },
      })
      const found = await ask(
        '{ search(text: "alein", types: [MOVIE], first: 1) { node { ... on Movie { id title } } } movies(first: 1, filter: {minAverage: 1}) { nodes { reviews { nodes { author { id } } } } } }',
      )
      const [{ node: movie }] = found.data['search'] as unknown as [{ node: { id: string; title: string } }]
      const { nodes: reviewed } = found.data['movies'] as unknown as {
        nodes: [{ reviews: { nodes: [{ author: { id: string } }] } }]
      }
      const authorId = reviewed[0].reviews.nodes[0].author.id
      const steps: readonly [string, object][] = [
        [
          `mutation { addReview(input: {movieId: "${movie.id}", stars: 5, text: "In space."}) { stars author { name } } }`,
          { data: { addReview: { stars: 5, author: { name: 'Kane' } } } },
        ],
        [
          `mutation { follow(userId: "${authorId}") { id isFollowedByViewer } }`,
          { data: { follow: { id: authorId, isFollowedByViewer: true } } },
        ],
        [
          `mutation { addToWatchlist(movieId: "${movie.id}") { viewer { watchlist { nodes { title } } } } }`,
          { data: { addToWatchlist: { viewer: { watchlist: { nodes: [{ title: movie.title }] } } } } },
        ],
        ['mutation { signOut(everywhere: true) }', { data: { signOut: true } }],
      ]
      for (const [text, answer] of steps) expect(await ask(text)).toEqual(answer)
      await page.screenshot({ path: join(root, 'coverage', 'graphiql-signed-in.png') })
    },
    60_000,
  )

  inBrowser(`asks nothing of other hosts, and has no error of its own${reason}`, () => {
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
  })
})
