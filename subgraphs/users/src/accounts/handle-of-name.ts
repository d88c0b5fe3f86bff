import { randomBytes } from 'node:crypto'

const maxHandle = 30
const suffixBytes = 4

/**
 * A handle for somebody who has not chosen one: `Zoë O'Neil` becomes `zoe_o_neil`.
 * @param options.unique  adds random characters: when the plain one belongs to somebody else
 */
export const handleOfName = (name: string, options: Readonly<{ unique: boolean }>): string => {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  const base = plain.length < 3 ? `user_${plain}`.replace(/_$/, '') : plain
  if (!options.unique) return base.slice(0, maxHandle)
  const suffix = `_${randomBytes(suffixBytes).toString('hex')}`
  return `${base.slice(0, maxHandle - suffix.length)}${suffix}`
}
