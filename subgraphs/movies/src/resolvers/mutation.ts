import { decodeId } from '@marquee/contract'
import { hasScope, requireSubject, type FieldResolvers } from '@marquee/subgraph'
import type { Reviews } from '../reviews/reviews.ts'
import { badInput } from './bad-input.ts'
import type { Context } from './context.ts'

const maxTextLength = 5000

const readStars = (stars: number): number =>
  stars >= 1 && stars <= 5 ? stars : badInput(`\`stars: ${stars}\` is out of range: 1 to 5.`)

const readText = (given: string): string => {
  // PostgreSQL keeps no NUL character, and half of a surrogate pair is no text.
  const text = given.toWellFormed().replaceAll('\0', '').trim()
  const length = Array.from(text).length
  if (length === 0) return badInput('`text` is empty.')
  if (length > maxTextLength) {
    return badInput(`\`text\` has ${length} characters; ${maxTextLength} are allowed.`)
  }
  return text
}

type AddReviewArgs = Readonly<{ input: Readonly<{ movieId: string; stars: number; text: string }> }>
type EditReviewArgs = Readonly<{
  input: Readonly<{ id: string; stars?: number | null; text?: string | null }>
}>

export const mutationFields = (reviews: Reviews) =>
  ({
    addReview: async (_, { input }: AddReviewArgs, context) => {
      const authorId = requireSubject(context)
      const movieId = decodeId('Movie', input.movieId)
      const content = { stars: readStars(input.stars), text: readText(input.text) }
      const review = await reviews.add({ movieId, authorId, ...content })
      context.loaders.forgetReviews()
      return review
    },
    editReview: async (_, { input }: EditReviewArgs, context) => {
      const authorId = requireSubject(context)
      const id = decodeId('Review', input.id)
      const stars = input.stars ?? null
      const text = input.text ?? null
      if (stars === null && text === null) return badInput('neither `stars` nor `text` is given.')
      const review = await reviews.edit({
        id,
        authorId,
        stars: stars === null ? null : readStars(stars),
        text: text === null ? null : readText(text),
      })
      context.loaders.forgetReviews()
      return review
    },
    deleteReview: async (_, args: Readonly<{ id: string }>, context) => {
      // A moderator needs no account: an API client may moderate.
      const authorId = hasScope(context, 'moderate') ? null : requireSubject(context)
      const movieId = await reviews.delete({ id: decodeId('Review', args.id), authorId })
      context.loaders.forgetReviews()
      return context.loaders.movieById.load(movieId)
    },
  }) satisfies FieldResolvers<unknown, Context>
