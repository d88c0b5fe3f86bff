import { z } from 'zod'

/** What a caller may spend: the tier of its API client, or of a signed-in user. */
export const tiers = ['anonymous', 'user', 'partner', 'internal'] as const

/** Who asks. The gateway makes it from a verified token; subgraphs get it signed. */
export const identitySchema = z
  .strictObject({
    /** Type-prefixed id of the user (`User_…`); null for anonymous callers and for API clients. */
    subject: z.string().min(1).nullable(),
    scopes: z.array(z.string()).readonly(),
    /** Id of the API client that asks; null when a person's own session does. */
    client: z.string().min(1).nullable(),
    tier: z.enum(tiers),
  })
  .readonly()

export type Identity = z.infer<typeof identitySchema>

export const anonymous: Identity = Object.freeze({
  subject: null,
  scopes: Object.freeze([]),
  client: null,
  tier: 'anonymous',
})
