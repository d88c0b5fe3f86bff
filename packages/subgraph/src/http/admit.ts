import { randomUUID } from 'node:crypto'
import { anonymous, headers, MarqueeError, verifyIdentity, type Identity } from '@marquee/contract'
import type { FastifyRequest } from 'fastify'
import type { SubgraphConfig } from '../config.ts'

const requestIdPattern = /^[\w.:-]{1,128}$/

/** The id of the client's request, as the gateway gave it; a new one when it gave none that could be logged safely. */
export const requestIdOf = (request: FastifyRequest): string => {
  const given = request.headers[headers.requestId]
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
}

/** Milliseconds that the answer may take: what the caller has left, but never more than `config.deadlineMs`. */
export const deadlineOf = (request: FastifyRequest, config: SubgraphConfig): number => {
  const given = request.headers[headers.deadlineMs]
  const leftMs = typeof given === 'string' && /^-?\d{1,12}$/.test(given) ? Number(given) : Infinity
  return Math.min(leftMs, config.deadlineMs)
}

/** @throws CALLER_NOT_GATEWAY */
export const identityOf = (request: FastifyRequest, name: string, config: SubgraphConfig): Identity =>
  config.secret === undefined ? anonymous : verifyIdentity(config.secret, name, request.headers)

/** @throws CONFIG_INVALID when the subgraph would answer everybody and nobody said that it may */
export const requireSecret = (config: SubgraphConfig): void => {
  if (config.secret !== undefined || config.allowUnsignedCallers) return
  const reason =
    'subgraph.secret: set it (or MARQUEE_SECRET) to the secret of the gateway, or set subgraph.allowUnsignedCallers (MARQUEE_SUBGRAPH_ALLOW_UNSIGNED_CALLERS=true) to answer everybody'
  throw new MarqueeError('CONFIG_INVALID', { file: 'marquee.yaml', reason })
}
