import { decodeId, MarqueeError, type Identity } from '@marquee/contract'
import type { Logger } from 'pino'

/** What every resolver gets as its third argument. Made afresh for each request. */
export type RequestContext<Em = undefined, Loaders = unknown> = Readonly<{
  /** Who asks, as the gateway has proven. */
  identity: Identity
  /** This request's DataLoaders. */
  loaders: Loaders
  /** This request's own EntityManager; undefined without a database, and with a sharded one. */
  em: Em
  /** Aborted when the deadline passes, the caller goes away, or the process must end. Hand it to slow calls. */
  signal: AbortSignal
  /** The id of the client's request, the same in every service that it reaches. */
  requestId: string
  log: Logger
}>

type Caller = Readonly<{ identity: Identity }>

/**
 * The UUID of the signed-in user.
 * @throws UNAUTHENTICATED for anonymous callers and API clients
 */
export const requireSubject = ({ identity }: Caller): string => {
  if (identity.subject === null) throw new MarqueeError('UNAUTHENTICATED')
  return decodeId('User', identity.subject)
}

/** True when the caller's token carries the scope, e.g. `moderate`. */
export const hasScope = ({ identity }: Caller, scope: string): boolean => identity.scopes.includes(scope)
