import type { ErrorCode } from '@marquee/contract'
import type { GraphQLError } from 'graphql'

/** Several faults of one request, all of one code: what validation and coercion find. */
export class RequestErrors extends Error {
  override readonly name = 'RequestErrors'
  readonly code: ErrorCode
  readonly errors: readonly GraphQLError[]

  constructor(code: ErrorCode, errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? code)
    this.code = code
    this.errors = errors
  }
}
