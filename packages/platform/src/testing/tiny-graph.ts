import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A subgraph that says `pid` and `second` to every query. With a file `broken` beside it, it refuses to start. */
const main = `
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
if (existsSync(new URL('broken', import.meta.url))) {
  process.send?.({ event: 'failed', code: 'DATABASE_UNAVAILABLE', message: 'It is broken.', mend: 'Mend it.' })
} else {
  const port = Number(process.env['MARQUEE_SUBGRAPH_PORT'])
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ data: { pid: process.pid, second: 2 } }))
  })
  const end = () => process.exit(0)
  process.on('SIGTERM', end)
  process.on('disconnect', end)
  server.listen(port, '127.0.0.1', () => {
    process.send?.({ event: 'ready', url: 'http://127.0.0.1:' + port + '/graphql' })
  })
}
`

export type TinyGraph = Readonly<{
  data: string
  schema: string
  broken: string
  env: Readonly<Record<string, string>>
}>

export const tinySchema = 'type Query { pid: Int }\n'

/** A project of one subgraph and no database, with a marquee.yaml of its own. */
export const tinyGraph = async (folder: string): Promise<TinyGraph> => {
  const subgraph = join(folder, 'subgraphs', 'tiny')
  await mkdir(subgraph, { recursive: true })
  const config = join(folder, 'marquee.yaml')
  const schema = join(subgraph, 'schema.graphql')
  await Promise.all([
    writeFile(join(subgraph, 'main.ts'), main),
    writeFile(schema, tinySchema),
    writeFile(
      join(folder, 'supergraph.yaml'),
      'subgraphs:\n  tiny:\n    routing_url: http://tiny.example\n    schema: { file: ./subgraphs/tiny/schema.graphql }\n',
    ),
    writeFile(
      config,
      `platform: { supergraph: supergraph.yaml, data: data }
data: { databases: { none: { writer: 'postgres://nobody@127.0.0.1:1/none' } } }
`,
    ),
  ])
  return {
    data: join(folder, 'data'),
    schema,
    broken: join(subgraph, 'broken'),
    env: { MARQUEE_CONFIG: config, MARQUEE_PLATFORM_PORT: '0' },
  }
}
