import { headers, MarqueeError, type Identity } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import type { Inspection } from '../executor/executor.ts'

const nothing: Inspection = Object.freeze({ plan: false, trace: false })

/**
 * What a caller asks to see beside the answer, by header `x-marquee-inspect: plan, trace`.
 * @throws BAD_REQUEST when it asks for anything else; INSPECTION_NOT_ALLOWED when it may not
 */
export const inspectionOf = (
  header: string | undefined,
  { scopes }: Identity,
  { everyone, scope }: GatewayConfig['inspect'],
): Inspection => {
  if (header === undefined) return nothing
  const asked = header.split(',').map(part => part.trim())
  if (!asked.every(part => part === 'plan' || part === 'trace')) {
    throw new MarqueeError('BAD_REQUEST', {
      reason: `\`${headers.inspect}\` takes \`plan\`, \`trace\` or both`,
    })
  }
  if (!everyone && !scopes.includes(scope)) throw new MarqueeError('INSPECTION_NOT_ALLOWED', { scope })
  return { plan: asked.includes('plan'), trace: asked.includes('trace') }
}
