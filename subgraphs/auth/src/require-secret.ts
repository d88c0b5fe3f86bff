import { MarqueeError } from '@marquee/contract'
import type { AuthConfig } from './config.ts'

/** @throws CONFIG_INVALID when there is none */
export const requireSecret = ({ secret }: AuthConfig): string => {
  if (secret !== undefined) return secret
  throw new MarqueeError('CONFIG_INVALID', {
    file: 'marquee.yaml',
    reason: 'auth.secret: signing keys are stored encrypted, so a secret is needed (set MARQUEE_SECRET)',
  })
}
