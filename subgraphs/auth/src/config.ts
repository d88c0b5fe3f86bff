import { z } from 'zod'

const limit = (what: string, max: number, windowSeconds: number) =>
  z
    .strictObject({
      max: z.int().positive().default(max).describe(`Most calls of ${what} within the window.`),
      windowSeconds: z
        .int()
        .positive()
        .default(windowSeconds)
        .describe('Length of the sliding window, in seconds.'),
    })
    .prefault({})

/** Section `auth` of marquee.yaml. */
export const authConfig = z
  .strictObject({
    secret: z
      .string()
      .min(16)
      .optional()
      .meta({ env: 'MARQUEE_SECRET' })
      .describe(
        'The shared secret, at least 16 characters: the private signing keys are stored encrypted under a key derived from it.',
      ),
    issuer: z.string().min(1).default('marquee').describe('Claim `iss` of access tokens.'),
    audience: z.string().min(1).default('marquee').describe('Claim `aud` of access tokens.'),
    accessTokenSeconds: z
      .int()
      .positive()
      .max(86_400)
      .default(900)
      .describe('Life of an access token, in seconds.'),
    refreshTokenDays: z
      .number()
      .positive()
      .max(366)
      .default(30)
      .describe('Life of a refresh token, in days, counted anew at each refresh.'),
    keyRotationDays: z
      .number()
      .positive()
      .max(366)
      .default(30)
      .describe('Age at which a signing key is replaced, in days.'),
    keyPublishAheadSeconds: z
      .int()
      .nonnegative()
      .max(86_400)
      .default(3600)
      .describe(
        'How long the next signing key is published before it is used, in seconds; more than the 300 for which gateways keep keys.',
      ),
    sweepEveryMs: z
      .int()
      .positive()
      .max(3_600_000)
      .default(30_000)
      .describe(
        'How often a process brings to an end sign-ups that broke off between two shards, in milliseconds.',
      ),
    argon2: z
      .strictObject({
        memoryKib: z
          .int()
          .min(8)
          .max(1_048_576)
          .default(19_456)
          .describe('Memory of one password hash (argon2id), in KiB.'),
        passes: z.int().min(1).max(20).default(2).describe('Passes over that memory.'),
        lanes: z.int().min(1).max(16).default(1).describe('Threads of one hash.'),
        concurrency: z
          .int()
          .min(1)
          .max(64)
          .default(2)
          .describe('Password hashes at one time, in one process.'),
        maxWaiting: z
          .int()
          .nonnegative()
          .default(100)
          .describe('Hashes that may wait for their turn; further sign-ins are refused with RATE_LIMITED.'),
      })
      .prefault({}),
    redisUrl: z
      .string()
      .regex(/^rediss?:\/\//, 'a URL that starts with redis:// or rediss:// is wanted')
      .optional()
      .meta({ env: 'REDIS_URL' })
      .describe(
        'Redis that counts attempts for all replicas together. Without it each process counts alone.',
      ),
    redisDeadlineMs: z
      .int()
      .positive()
      .default(50)
      .describe(
        'How long Redis may take to count an attempt, in milliseconds; then it counts as unreachable.',
      ),
    limits: z
      .strictObject({
        signIn: limit('`signIn`, per email address', 10, 60),
        signUp: limit('`signUp`, per email address', 5, 60),
        refresh: limit('`refresh`, per sign-in', 30, 60),
        signInClient: limit('`signInClient`, per client id', 20, 60),
        memoryKeys: z
          .int()
          .positive()
          .default(50_000)
          .describe('Most addresses, sign-ins and clients that one process counts in its own memory.'),
      })
      .prefault({}),
  })
  .prefault({})

export type AuthConfig = z.output<typeof authConfig>
