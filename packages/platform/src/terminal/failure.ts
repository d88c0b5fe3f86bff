import { MarqueeError } from '@marquee/contract'
import { StartFailure } from '../supervisor/start-failure.ts'

/** What a command says when it cannot do its work. */
export type Failure = Readonly<{ code: string; message: string; mend: string }>

/** Any error as a failure: ours as they are, others as what they are, a fault of the program. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof MarqueeError || error instanceof StartFailure) {
    const { code, message, mend } = error
    return { code, message, mend }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    code: 'INTERNAL_SERVER_ERROR',
    message,
    mend: 'This is a fault in Marquee: report it with these lines.',
  }
}

export const printFailure = ({ code, message, mend }: Failure): string =>
  `marquee: ${message} (${code})${mend === '' ? '' : `\n  Mend: ${mend}`}`
