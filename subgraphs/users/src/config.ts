import { z } from 'zod'

/** Section `users` of marquee.yaml. */
export const usersConfig = z
  .strictObject({
    authUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'GraphQL address of the auth subgraph, where accounts are looked up that have no profile yet. Without it they are unknown.',
      ),
    authTimeoutMs: z
      .int()
      .positive()
      .max(60_000)
      .default(2000)
      .describe('How long to wait for the answer of the auth subgraph, in milliseconds.'),
    maxFollowing: z
      .int()
      .positive()
      .max(100_000)
      .default(10_000)
      .describe('How many others one user can follow. Bounds the work of `Movie.seenByFriends`.'),
    sweepEveryMs: z
      .int()
      .positive()
      .max(3_600_000)
      .default(30_000)
      .describe(
        'How often a process brings to an end what broke off between two shards (a handle, a follow), in milliseconds.',
      ),
  })
  .describe('Profiles, follows, watchlists, viewing history')

export type UsersConfig = z.output<typeof usersConfig>
