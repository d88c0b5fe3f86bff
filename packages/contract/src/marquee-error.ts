import { errorCatalogue, type ErrorCode } from './catalogue.ts'

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | undefined>>

const fill = (template: string, details: ErrorDetails): string =>
  template.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(details[name] ?? hole))

/**
 * An error that a user may see as it is: its message and mend come from the catalogue, filled with `details`.
 * Everything that is not a MarqueeError is ours alone: it is masked at the border and logged with an id.
 */
export class MarqueeError extends Error {
  override readonly name = 'MarqueeError'
  readonly code: ErrorCode
  readonly status: number
  readonly mend: string
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: ErrorOptions = {}) {
    const { means, mend, status } = errorCatalogue[code]
    super(fill(means, details), options)
    this.code = code
    this.status = status
    this.mend = fill(mend, details)
    this.details = details
  }

  /** What GraphQL clients get beside the message. graphql-js copies `extensions` from an original error. */
  get extensions(): Readonly<{ code: ErrorCode; mend: string }> {
    return { code: this.code, mend: this.mend }
  }
}

/** True for a code of the catalogue: the only codes that pass a border unmasked. */
export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorCatalogue, code)
