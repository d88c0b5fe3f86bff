import { Kind, type OperationDefinitionNode } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { byteLru } from '../documents/byte-lru.ts'
import type { FetchTemplate } from './fetch.ts'

/** A template, and what running it needs to know each time. */
export type KnownTemplate = Readonly<{
  template: FetchTemplate
  /** Equal for templates that ask the same of the same subgraph. */
  id: number
  /** The body of a request that carries it alone, up to its variables. */
  opening: string
  /** It can travel in one operation with others. */
  combines: boolean
  /** Fetches of different client requests may travel together. */
  coalesces: boolean
  /** It is asked in nobody's name, and may be shared by everybody. */
  isPublic: boolean
}> & {
  /** The last answer to it was long. */
  isLong: boolean
}

/** How much text of templates is remembered. What falls out is only not recognised as equal any more. */
const maxBytes = 16 * 1024 * 1024

/** A directive on an operation would come to hold for the others too. */
const combines = ({ form, document }: FetchTemplate): boolean =>
  form !== 'mutation' &&
  document.definitions
    .filter((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION)
    .every(({ directives = [] }) => directives.length === 0)

/** The start of a request body, which its variables follow. */
export const openingOf = (text: string): string => `{"query":${JSON.stringify(text)},"variables":{`

/** Remembers what is true of a template for all its uses. */
export const knownTemplates = (config: GatewayConfig): ((template: FetchTemplate) => KnownTemplate) => {
  const known = new WeakMap<FetchTemplate, KnownTemplate>()
  const byText = byteLru<KnownTemplate>(maxBytes)
  let lastId = 0

  const learn = (template: FetchTemplate): KnownTemplate => {
    const settings = config.subgraphs[template.subgraph]
    const isQuery = template.form !== 'mutation'
    const isPublic = (isQuery && template.isPublic) || settings?.public === true
    const key = `${template.subgraph}\n${isPublic}\n${template.text}`
    const equal = byText.get(key)
    if (equal !== undefined) return equal
    lastId += 1
    const learned: KnownTemplate = {
      template,
      id: lastId,
      opening: openingOf(template.text),
      combines: combines(template),
      coalesces: isQuery && config.fetch.coalesce && settings?.coalesce !== false,
      isPublic,
      isLong: false,
    }
    byText.set(key, learned, key.length * 4)
    return learned
  }

  return template => {
    const found = known.get(template)
    if (found !== undefined) return found
    const learned = learn(template)
    known.set(template, learned)
    return learned
  }
}
