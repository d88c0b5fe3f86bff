const genreShare = 0.7
const ratingShare = 0.3
/** What the rating counts, from 0 to 1, as long as nobody has reviewed the movie: neither for nor against it. */
const neutralRating = 0.5
const leastStars = 1
const mostStars = 5

/**
 * How well a movie fits a viewer, from 0 to 100:
 *
 *     100 × (0.7 × genres of the movie that are favourites ÷ genres of the movie + 0.3 × (average - 1) ÷ 4)
 *
 * rounded. A movie without genres matches none; without a review its rating counts as the middle, 0.5.
 * @param genreIds       the movie's genres
 * @param average        mean of the reviews' stars, 1 to 5; null when there is no review
 * @param favouriteIds   ids of the viewer's favourite genres
 */
export const matchForViewer = (
  genreIds: readonly string[],
  average: number | null,
  favouriteIds: ReadonlySet<string>,
): number => {
  const genres = new Set(genreIds)
  const liked = genres.size === 0 ? 0 : genres.intersection(favouriteIds).size / genres.size
  const rating = average === null ? neutralRating : (average - leastStars) / (mostStars - leastStars)
  return Math.round(100 * (genreShare * liked + ratingShare * Math.min(1, Math.max(0, rating))))
}
