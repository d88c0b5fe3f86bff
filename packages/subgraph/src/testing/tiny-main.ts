// A subgraph process for tests of `runSubgraph`. It tells its parent of every connection that it opens itself.
import { subscribe } from 'node:diagnostics_channel'
import { readSection } from '@marquee/contract'
import { z } from 'zod'
import { runSubgraph } from '../run-subgraph.ts'

await runSubgraph((sources, { notify, log }) => {
  subscribe('net.client.socket', () => notify('outgoing', {}))
  const { greeting } = readSection('tiny', z.strictObject({ greeting: z.string().default('hi') }), sources)
  log.info('built')
  return {
    name: 'tiny',
    schema: 'type Query { hi: String, slow: String }',
    loaders: () => ({}),
    resolvers: {
      Query: {
        hi: () => greeting,
        slow: () => new Promise(resolve => setTimeout(resolve, 300, 'slow')),
      },
    },
    routes: app => {
      app.get('/crash', () => {
        setTimeout(() => {
          throw new Error('out of the blue')
        })
        return {}
      })
    },
  }
})
