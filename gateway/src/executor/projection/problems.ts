import { MarqueeError } from '@marquee/contract'
import { GraphQLError } from 'graphql'

/** A value that a client cannot have as it came. */
export type Problem = Readonly<{
  reason: string
  /** Grows while the projection returns: the innermost step first. */
  path: (string | number)[]
}>

export const problem = (reason: string): Problem => ({ reason, path: [] })

/** Adds a step to the path of each problem found since there were `before`. */
export const addStep = (problems: readonly Problem[], before: number, step: string | number): void => {
  for (let index = before; index < problems.length; index += 1) problems[index]?.path.push(step)
}

type Path = readonly (string | number)[]

const isPrefix = (path: Path, of: Path): boolean => path.every((step, index) => step === of[index])

/** An error at, above or below a place says why there is a null. */
const explains = (path: Path | undefined, place: Path): boolean =>
  path === undefined || isPrefix(path, place) || isPrefix(place, path)

/**
 * The problems that no error explains, as errors. GraphQL, "Handling Execution Errors".
 * @param consequences  paths of fields that are missing because of an error elsewhere
 */
export const unexplained = (
  problems: readonly Problem[],
  errors: readonly GraphQLError[],
  consequences: readonly Path[] = [],
): readonly GraphQLError[] =>
  problems.flatMap(({ reason, path }) => {
    const place = path.toReversed()
    if (errors.some(({ path }) => explains(path, place))) return []
    if (consequences.some(path => explains(path, place))) return []
    const originalError = new MarqueeError('SUBGRAPH_BAD_VALUE', { reason })
    return [new GraphQLError(originalError.message, { path: place, originalError })]
  })
