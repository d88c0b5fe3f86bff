import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

// `@apollo/gateway` behind `@apollo/server`, as their documentation starts them. Arguments: supergraph file, port.

// The versions are those that Marquee's own gateway has.
const load = createRequire(new URL('../../../gateway/package.json', import.meta.url))

type Gateway = Readonly<{ ApolloGateway: new (options: object) => object }>
type Server = Readonly<{ ApolloServer: new (options: object) => object }>
type Standalone = Readonly<{ startStandaloneServer: (server: object, options: object) => Promise<unknown> }>

const { ApolloGateway } = load('@apollo/gateway') as Gateway
const { ApolloServer } = load('@apollo/server') as Server
const { startStandaloneServer } = load('@apollo/server/standalone') as Standalone

const [file = '', port] = process.argv.slice(2)
const gateway = new ApolloGateway({ supergraphSdl: await readFile(file, 'utf8') })
await startStandaloneServer(new ApolloServer({ gateway, introspection: true }), {
  listen: { port: Number(port), host: '127.0.0.1' },
})
