// Runs as a worker thread. The page comes as 9 MB of JavaScript source, which would stay in the memory of the
// gateway for good; here it is gone when the thread ends, and what is left is the compressed page.
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'

/** The page and its parts of HTTP. */
export type GraphiqlPage = Readonly<{
  gzip: Uint8Array
  etag: string
  /** `script-src` source of the one script in it. */
  scriptHash: string
}>

export type GraphiqlSettings = Readonly<{
  title: string
  endpoint: string
  defaultQuery: string
  tabs: readonly Readonly<{ query: string; variables?: string | undefined }>[]
}>

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const marker = '"MARQUEE":0'

/** The package writes its options into a script without escaping `</script>`: ours go in by ourselves. */
const render = ({ title, endpoint, defaultQuery, tabs }: GraphiqlSettings): string => {
  const options = {
    title,
    endpoint,
    credentials: 'same-origin',
    // A token typed into the headers is not written into the browser's storage.
    shouldPersistHeaders: false,
    ...(tabs.length > 0 ? { defaultTabs: tabs } : { defaultQuery }),
  }
  const members = JSON.stringify(options).slice(1, -1).replaceAll('<', '\\u003c')
  const page = renderGraphiQL({ title: escapeHtml(title), MARQUEE: 0 } as { title: string })
  return page.replace(marker, () => members)
}

const scriptOf = (page: string): string =>
  page.slice(page.indexOf('<script>') + '<script>'.length, page.lastIndexOf('</script>'))

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('base64')

const page = render(workerData as GraphiqlSettings)
const gzip = gzipSync(page)
const message: GraphiqlPage = {
  gzip,
  etag: `"${sha256(gzip)}"`,
  scriptHash: `'sha256-${sha256(scriptOf(page))}'`,
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(message)
