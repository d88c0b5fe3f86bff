import { createRequire } from 'node:module'

// Mercurius' gateway with its JIT, as its documentation starts it. Arguments: name=url of each subgraph, then the port.

const load = createRequire(new URL('../../peers/package.json', import.meta.url))

type App = Readonly<{
  register: (plugin: unknown, options: object) => unknown
  listen: (options: object) => Promise<string>
}>
const fastify = load('fastify') as () => App
const mercuriusGateway = load('@mercuriusjs/gateway') as unknown

const words = process.argv.slice(2)
const port = Number(words.pop())
const services = words.map(word => {
  const [name, url] = word.split(/=(.*)/s)
  return { name, url, mandatory: true }
})
const app = fastify()
await app.register(mercuriusGateway, { path: '/graphql', jit: 1, gateway: { services } })
await app.listen({ port, host: '127.0.0.1' })
