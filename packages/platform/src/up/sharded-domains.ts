/** The domains whose rows are spread over shards; all others live on the first one's server. */
export const shardedDomains: readonly string[] = ['users']
