import { z } from 'zod'
import { RowRefused, type Film } from './film.ts'
import { importKeyOf } from './import-key.ts'
import { tidy } from './mend-title.ts'
import { readMpaaRating } from './mpaa-rating.ts'

const noNote = (): void => undefined

const text = z
  .string()
  .max(500)
  .transform(value => tidy(value, noNote))
const name = text.refine(value => value !== '', 'is empty')
const optionalText = text.nullish().transform(value => (value === '' ? null : (value ?? null)))
const amount = z.int().nonnegative().nullish()

/** The documented shape of docs/import.md. */
const plainFilm = z.strictObject({
  title: name,
  releaseDate: z.iso
    .date()
    .refine(date => date >= '1880-01-01' && date < '2200-01-01', 'is not between 1880 and 2199')
    .nullish(),
  runningTimeMinutes: z.int().min(1).max(10_000).nullish(),
  mpaaRating: z
    .string()
    .nullish()
    .transform((value, context) => {
      if (value === null || value === undefined) return null
      const rating = readMpaaRating(value)
      if (rating === undefined) {
        context.addIssue({ code: 'custom', message: 'is none of G, PG, PG-13, R, NC-17, Not Rated, Open' })
        return z.NEVER
      }
      return rating
    }),
  genres: z.array(name).max(20).nullish(),
  director: optionalText,
  studio: optionalText,
  source: optionalText,
  creativeType: optionalText,
  productionBudget: amount,
  usGross: amount,
  worldwideGross: amount,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not a currency of ISO 4217')
    .nullish(),
  imdbRating: z.number().min(1).max(10).nullish(),
  imdbVotes: z.int32().nonnegative().nullish(),
  rottenTomatoesRating: z.int().min(0).max(100).nullish(),
  importKey: name.nullish(),
})

/**
 * One row of the plain shape.
 * @throws RowRefused naming each field that is wrong
 */
export const filmOfPlain = (row: Readonly<Record<string, unknown>>): Film => {
  const result = plainFilm.safeParse(row)
  if (!result.success) {
    const reasons = result.error.issues.map(issue =>
      issue.path.length === 0 ? issue.message : `"${issue.path.join('.')}": ${issue.message}`,
    )
    throw new RowRefused(reasons.join('; ').slice(0, 500))
  }
  const film = result.data
  const releaseDate = film.releaseDate ?? null
  return {
    importKey: film.importKey ?? importKeyOf(film.title, releaseDate),
    title: film.title,
    releaseDate,
    runningTimeMinutes: film.runningTimeMinutes ?? null,
    mpaaRating: film.mpaaRating,
    genres: [...new Set(film.genres)],
    director: film.director,
    studio: film.studio,
    source: film.source,
    creativeType: film.creativeType,
    productionBudget: film.productionBudget ?? null,
    usGross: film.usGross ?? null,
    worldwideGross: film.worldwideGross ?? null,
    currency: film.currency ?? 'USD',
    imdbRating: film.imdbRating ?? null,
    imdbVotes: film.imdbVotes ?? null,
    rottenTomatoesRating: film.rottenTomatoesRating ?? null,
  }
}
