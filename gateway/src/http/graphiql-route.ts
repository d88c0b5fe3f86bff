import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'

export const serveGraphiql = (app: FastifyInstance, config: GatewayConfig['graphiql']): void => {
  app.get('/', async () => config.title)
}
