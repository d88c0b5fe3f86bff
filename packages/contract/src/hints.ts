/** How long, and for whom, a part of an answer may be kept. Shape of `@cacheControl`. */
export type CacheHint = Readonly<{ maxAgeSeconds: number; scope: 'PUBLIC' | 'PRIVATE' }>

/** What answering took, as a subgraph reports it in `extensions.cost`. */
export type CostHint = Readonly<{ statements: number; sqlMs: number }>
