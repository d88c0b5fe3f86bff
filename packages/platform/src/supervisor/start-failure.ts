import { isErrorCode, MarqueeError } from '@marquee/contract'

/** Why a service or a command did not start, with the code, message and mend that it gave itself. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly code: string
  readonly mend: string

  constructor({ code, message, mend }: Readonly<{ code: string; message: string; mend: string }>) {
    super(message)
    this.code = code
    this.mend = mend
  }
}

/** What a process said of its failure, as an error of this one; a fault without a code gets its name. */
export const startFailure = (
  service: string,
  said: Readonly<{ code: string; message: string; mend: string }>,
): Error =>
  isErrorCode(said.code) && said.code !== 'INTERNAL_SERVER_ERROR'
    ? new StartFailure(said)
    : new MarqueeError('SERVICE_START_FAILED', { service, reason: said.message.split('\n')[0] })
