import { anonymous, type Identity } from '@marquee/contract'

/**
 * A text that is equal for callers whom a subgraph cannot tell apart: same identity, same forwarded headers. Only
 * requests of equal callers may share what a subgraph answers.
 */
export const callerKey = (identity: Identity, forwarded: Readonly<Record<string, string>>): string =>
  JSON.stringify([
    identity.subject,
    identity.client,
    identity.tier,
    identity.scopes,
    Object.entries(forwarded),
  ])

/** The caller of what is the same for everybody: nobody in particular. */
export const publicCallerKey: string = callerKey(anonymous, {})
