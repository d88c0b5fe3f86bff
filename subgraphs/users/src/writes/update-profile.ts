import { MarqueeError } from '@marquee/contract'
import { bucketOf, raw, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { z } from 'zod'
import { ProfileEntity } from '../entities/profile.ts'
import { changeHandle } from '../handles/change-handle.ts'
import type { Profile } from '../profile.ts'

// The database counts characters as Unicode does, not as JavaScript.
const length = (text: string): number => Array.from(text).length
const maxGenres = 10

const name = z
  .string('must be a text')
  .trim()
  .refine(text => length(text) >= 1 && length(text) <= 80, 'must have 1 to 80 characters')
  .refine(text => !/\p{Cc}/u.test(text), 'must not have control characters')

const bio = z
  .string()
  .refine(text => length(text) <= 500, 'must have at most 500 characters')
  .refine(text => !/(?![\n\r\t])\p{Cc}/u.test(text), 'must not have control characters')

const genre = z
  .string()
  .trim()
  .refine(text => length(text) >= 1 && length(text) <= 40, 'must have 1 to 40 characters')
  .refine(text => !/\p{Cc}/u.test(text), 'must not have control characters')

/** `UpdateProfileInput`, as a client sends it. A field that is left out stays as it is. */
const inputSchema = z.object({
  handle: z
    .string('must be a text')
    .regex(/^[a-z0-9_]{3,30}$/, 'must be 3 to 30 of a-z, 0-9 and _')
    .optional(),
  name: name.optional(),
  bio: bio.nullable().optional(),
  favouriteGenres: z
    .array(genre, 'must be a list')
    .transform(names => [...new Set(names)])
    .refine(names => names.length <= maxGenres, `must have at most ${maxGenres} genres`)
    .optional(),
})

type Changes = Partial<{
  [K in keyof z.output<typeof inputSchema>]: NonNullable<z.output<typeof inputSchema>[K]>
}> & {
  bio?: string | null
}

/** @throws BAD_USER_INPUT naming every field that is not acceptable */
const readInput = (input: unknown): Changes => {
  const parsed = inputSchema.safeParse(input)
  if (parsed.success) {
    return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined))
  }
  const reason = parsed.error.issues.map(({ path, message }) => `\`${path.join('.')}\` ${message}`).join('; ')
  throw new MarqueeError('BAD_USER_INPUT', { reason: `${reason}.` })
}

const write = (em: EntityManager, id: string, changes: Changes, condition: object = {}): Promise<number> =>
  em.nativeUpdate(ProfileEntity, { id, bucket: bucketOf(id), ...condition }, changes)

/**
 * Changes the given fields of a user's profile.
 * @param profile  as it is
 * @param input    `UpdateProfileInput`
 * @throws BAD_USER_INPUT naming the field; HANDLE_TAKEN
 */
export const updateProfile = async (
  database: ShardedDatabase,
  { id, handle: current }: Pick<Profile, 'id' | 'handle'>,
  input: unknown,
): Promise<void> => {
  const { handle, ...changes } = readInput(input)
  if (handle !== undefined && handle !== current) {
    await changeHandle(
      database,
      { ownerId: id, current, wanted: handle },
      async (em, guard) =>
        (await write(
          em,
          id,
          { ...changes, handle },
          { handle: guard.current, [raw('clock_timestamp() < ?::timestamptz', [guard.until])]: [] },
        )) > 0,
    )
  } else if (Object.keys(changes).length > 0) {
    await database.transaction(id, em => write(em, id, changes))
  }
}
