import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'
import { maxPasswordLength } from '../passwords/password-hasher.ts'

const characters = (min: number, max: number) => `it must have ${min} to ${max} characters`

/** An address as it is stored and compared: case does not tell people apart. */
export const normalEmail = (email: string): string => email.trim().toLowerCase()

const name = z
  .string()
  .trim()
  .min(1, characters(1, 80))
  .max(80, characters(1, 80))
  .regex(/^\P{Cc}*$/u, 'it must have no control characters')

export const signUpRules = z.object({
  email: z
    .string()
    .transform(normalEmail)
    .pipe(z.email('it must be an email address, as in ellen@nostromo.example').max(254, characters(3, 254))),
  password: z
    .string()
    .min(10, characters(10, maxPasswordLength))
    .max(maxPasswordLength, characters(10, maxPasswordLength)),
  name,
})

export const createClientRules = z.object({
  name,
  tier: z.enum(['PARTNER', 'INTERNAL']),
  scopes: z
    .array(
      z.string().regex(/^[a-z][a-z0-9:._-]{0,39}$/, 'a scope is up to 40 of a-z, 0-9, and : . _ -'),
      'it must be a list',
    )
    .max(20, 'at most 20 scopes')
    .transform(scopes => [...new Set(scopes)]),
})

/**
 * Checks the `input` of a mutation.
 * @throws BAD_USER_INPUT naming each field that is wrong and what it wants; never the value
 */
export const readInput = <T>(rules: z.ZodType<T>, input: unknown): T => {
  const result = rules.safeParse(input)
  if (result.success) return result.data
  const reason = result.error.issues
    .map(issue => `input.${issue.path.map(String).join('.')}: ${issue.message}`)
    .join('; ')
  throw new MarqueeError('BAD_USER_INPUT', { reason: `${reason}.` })
}
