/** A service that did not start, with the code, message and mend that it gave itself. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly code: string
  readonly mend: string

  constructor(service: string, failure: Readonly<{ code: string; message: string; mend: string }>) {
    super(`${service}: ${failure.message}`)
    this.code = failure.code
    this.mend = failure.mend
  }
}
