import { decodeId, encodeId } from '@marquee/contract'
import type { FieldResolvers } from '@marquee/subgraph'
import type { ReviewRow } from '../entities/review.ts'
import { userReviewsConnection } from './connections.ts'
import type { Context, PageArgs } from './context.ts'

export const reviewFields = {
  id: review => encodeId('Review', review.id),
  movie: (review, _args, { loaders }) => loaders.movieById.load(review.movieId),
  author: review => ({ id: encodeId('User', review.authorId) }),
} satisfies FieldResolvers<ReviewRow, Context>

/** A user, as this subgraph knows one: by the id alone. */
type UserReference = Readonly<{ id: string }>

export const userFields = {
  reviews: (user, args: PageArgs, context) => userReviewsConnection(decodeId('User', user.id), args, context),
} satisfies FieldResolvers<UserReference, Context>

/** @throws INVALID_ID */
export const userReference = ({ id }: UserReference): UserReference => {
  decodeId('User', id)
  return { id }
}
