import { MarqueeError } from '@marquee/contract'
import type { FastifyRequest } from 'fastify'

const ours: Readonly<
  Record<string, (request: FastifyRequest, error: Error, maxBodyBytes: number) => MarqueeError>
> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: request =>
    new MarqueeError('UNSUPPORTED_MEDIA_TYPE', {
      contentType: request.headers['content-type']?.slice(0, 80) ?? '',
    }),
  FST_ERR_CTP_BODY_TOO_LARGE: (_request, _error, maxBytes) =>
    new MarqueeError('REQUEST_TOO_LARGE', { maxBytes }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (_request, error) =>
    new MarqueeError('BAD_REQUEST', { reason: error.message }, { cause: error }),
}

/** Fastify's errors about a request, in the words of the catalogue; anything else as it is. */
export const httpError = (error: unknown, request: FastifyRequest, maxBodyBytes: number): unknown => {
  const { code } = error as { code?: unknown }
  const make = typeof code === 'string' && Object.hasOwn(ours, code) ? ours[code] : undefined
  return make === undefined || !(error instanceof Error) ? error : make(request, error, maxBodyBytes)
}

/** Parses a request body. @throws MALFORMED_JSON with the reason, without echoing more than a few characters of it */
export const parseJsonBody = (body: string): unknown => {
  try {
    return JSON.parse(body) as unknown
  } catch (cause) {
    const reason = body.trim() === '' ? 'it is empty' : (cause as Error).message.slice(0, 120)
    throw new MarqueeError('MALFORMED_JSON', { reason }, { cause })
  }
}
