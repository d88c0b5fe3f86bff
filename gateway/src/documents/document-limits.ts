import { MarqueeError } from '@marquee/contract'
import type { DocumentNode } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { measureDocument, type DocumentSize } from './measure-document.ts'

export type LimitsConfig = GatewayConfig['limits']

/** A key of `gateway.limits` that is a number. */
export type Limit = Exclude<keyof LimitsConfig, 'measureOnly'>

/** A limit that a request is above. */
export type Excess = Readonly<{ limit: Limit; what: string; count: number | string; max: number }>

export const tooComplex = ({ limit, what, count, max }: Excess): MarqueeError =>
  new MarqueeError('DOCUMENT_TOO_COMPLEX', { what, count, max, setting: `gateway.limits.${limit}` })

type Measured = Readonly<{ limit: Limit; what: string; of: (size: DocumentSize) => number }>

/** In the order in which they are looked at. */
const measured: readonly Measured[] = [
  { limit: 'maxNesting', what: 'levels of nesting', of: size => size.nesting },
  { limit: 'maxDepth', what: 'levels of nested fields', of: size => size.depth },
  {
    limit: 'maxSelections',
    what: 'fields and fragments, with its fragments written out',
    of: size => size.selections,
  },
  { limit: 'maxAliases', what: 'aliases', of: size => size.aliases },
  { limit: 'maxDirectives', what: 'directives', of: size => size.directives },
  { limit: 'maxRootFields', what: 'root fields', of: size => size.rootFields },
]

/** Counts beyond this are of no interest to anybody, and long. */
const readable = (count: number): number | string => (count > 1e9 ? 'more than 1000000000' : count)

/** Every limit that a parsed document is above. */
export const excessesOf = (document: DocumentNode, limits: LimitsConfig): readonly Excess[] => {
  const size = measureDocument(document, limits.maxNesting)
  const excesses = measured.flatMap(({ limit, what, of }) => {
    const count = of(size)
    const max = limits[limit]
    return count > max ? [Object.freeze({ limit, what, count: readable(count), max })] : []
  })
  return Object.freeze(excesses)
}

/**
 * Told of each excess, refused or not.
 * @param document  the hash of the document, where it is known
 */
export type ReportExcess = (
  excess: Readonly<{ limit: string; count: number | string; max: number }>,
  document?: string,
) => void
