import { MarqueeError } from '@marquee/contract'
import type { FetchAnswer } from './fetch.ts'

export const badResponse = (subgraph: string, reason: string): MarqueeError =>
  new MarqueeError('SUBGRAPH_BAD_RESPONSE', { service: subgraph }, { cause: new Error(reason) })

export const unavailable = (subgraph: string, cause: unknown): MarqueeError =>
  new MarqueeError('SUBGRAPH_UNAVAILABLE', { service: subgraph }, { cause })

export const deadlineExceeded = (subgraph: string, deadlineMs: number, cause?: unknown): MarqueeError =>
  new MarqueeError(
    'DEADLINE_EXCEEDED',
    { service: subgraph, deadlineMs, setting: 'gateway.deadlineMs' },
    { cause },
  )

/** What is not a failure that a sender may give is a fault of ours. */
export const asFailure = (subgraph: string, error: unknown): MarqueeError =>
  error instanceof MarqueeError
    ? error
    : new MarqueeError('INTERNAL_SERVER_ERROR', { service: subgraph }, { cause: error })

export const failed = (failure: MarqueeError): FetchAnswer => ({ errors: [], failure })
