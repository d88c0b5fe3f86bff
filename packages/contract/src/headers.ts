/** The headers that travel between client, gateway and subgraphs. Lower case, as Node.js delivers them. */
export const headers = Object.freeze({
  /** The caller's identity, base64url of JSON. Gateway to subgraph; believed only with a valid `signature`. */
  identity: 'x-marquee-identity',
  /** `v1.<unix seconds>.<hmac>`: proves that the gateway sent the request. See gateway-signature.ts. */
  signature: 'x-marquee-signature',
  /** Milliseconds that are left for the answer, counted from the arrival of the request. */
  deadlineMs: 'x-marquee-deadline-ms',
  /** One id for everything that one client request caused. */
  requestId: 'x-request-id',
  /** Ids of all client requests (the first twenty) that one request to a subgraph is for, when there are several. */
  coalesced: 'x-marquee-coalesced',
  /** What the caller has seen: a consistency token. Both ways. */
  consistency: 'x-marquee-consistency',
  /** `plan`, `trace` or both, by comma: what an allowed caller wants to see beside the answer. */
  inspect: 'x-marquee-inspect',
  responseTime: 'x-response-time',
  clientName: 'apollographql-client-name',
  clientVersion: 'apollographql-client-version',
  preflight: 'apollo-require-preflight',
} as const)
