import type { GraphQLError } from 'graphql'
import type { ResponsePath } from './response-path.ts'

/** What failed in a request, as far as it matters for what is asked later. Made with the first error. */
export class Failures {
  readonly #keys = new Map<object, Set<number | string>>()
  /** Client's paths of fields that nobody was asked for, as what they need has failed. */
  readonly consequences: ResponsePath[] = []
  /** Errors that the client was not told of: nothing of the answer seemed to be missing by them. */
  readonly untold = new Set<GraphQLError>()

  /** A value is missing because it failed, as opposed to one that is null. */
  add(holder: object, key: number | string): void {
    const known = this.#keys.get(holder)
    if (known === undefined) this.#keys.set(holder, new Set([key]))
    else known.add(key)
  }

  has(holder: object, key: number | string): boolean {
    return this.#keys.get(holder)?.has(key) === true
  }

  /** Something of the object at a place is missing after all. @returns the errors that say why, each once */
  tell(place: ResponsePath): readonly GraphQLError[] {
    const told = [...this.untold].filter(({ path }) => place.every((step, index) => path?.[index] === step))
    for (const error of told) this.untold.delete(error)
    return told
  }
}
