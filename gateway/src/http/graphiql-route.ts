import { Worker } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { MarqueeError } from '@marquee/contract'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { refuse } from '../pipeline/answer.ts'
import type { GraphiqlPage, GraphiqlSettings } from './graphiql-page.ts'
import { graphqlPath, isBrowserVisit } from './graphql-route.ts'
import { sendAnswer } from './server.ts'

const renderPage = (settings: GraphiqlSettings): Promise<GraphiqlPage> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./graphiql-page.ts', import.meta.url), { workerData: settings })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the page was not rendered: exit code ${code}`)))
  })

/** Everything is in the page; it may talk to this origin only. The editor makes its workers from blobs. */
const policyFor = ({ scriptHash }: GraphiqlPage): string =>
  [
    "default-src 'none'",
    `script-src ${scriptHash}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** GraphiQL at `/`, for browsers. It is rendered when the first one comes. */
export const serveGraphiql = (app: FastifyInstance, config: GatewayConfig['graphiql']): void => {
  let rendering: Promise<GraphiqlPage> | undefined
  const page = (): Promise<GraphiqlPage> => {
    const { title, defaultQuery, tabs } = config
    rendering ??= renderPage({ title, defaultQuery, tabs, endpoint: graphqlPath })
    rendering.catch(() => {
      rendering = undefined
    })
    return rendering
  }
  app.get('/', async (request, reply) => {
    if (!isBrowserVisit(request)) {
      return sendAnswer(request, reply, refuse(request, new MarqueeError('NOT_FOUND_PATH', { path: '/' })))
    }
    const rendered = await page()
    void reply.headers({
      etag: rendered.etag,
      'cache-control': 'no-cache',
      vary: 'accept, accept-encoding',
      'content-security-policy': policyFor(rendered),
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
    if (request.headers['if-none-match'] === rendered.etag) return reply.code(304).send()
    void reply.type('text/html; charset=utf-8')
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    if (!takesGzip) return reply.send(gunzipSync(rendered.gzip))
    return reply.header('content-encoding', 'gzip').send(Buffer.from(rendered.gzip))
  })
}
