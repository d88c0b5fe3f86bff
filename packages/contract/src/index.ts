export { errorCatalogue, type ErrorCode, type ErrorEntry } from './catalogue.ts'
export { environmentNameOf, keysOf, parseConfigText, readSection, type Environment } from './config.ts'
export {
  decodeConsistencyToken,
  encodeConsistencyToken,
  isLater,
  lsnOffset,
  type ConsistencyToken,
  type WalPosition,
} from './consistency-token.ts'
export { signIdentity, verifyIdentity } from './gateway-signature.ts'
export { headers } from './headers.ts'
export type { CacheHint, CostHint } from './hints.ts'
export { anonymous, identitySchema, tiers, type Identity } from './identity.ts'
export { decodeId, encodeId, uuidFromName } from './ids.ts'
export { isErrorCode, MarqueeError, type ErrorDetails } from './marquee-error.ts'
export { runService, type Service, type ServiceMessage, type ServiceProcess } from './run-service.ts'
export { readConfigFile, type ConfigSource } from './read-config-file.ts'
