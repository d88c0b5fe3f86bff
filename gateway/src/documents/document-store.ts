import { createHash } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import {
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { RequestErrors } from '../errors/request-errors.ts'
import { byteLru } from './byte-lru.ts'
import { measureDocument } from './measure-document.ts'

/** A document that fits the schema and the limits. Frozen: requests share it. */
export type ValidDocument = Readonly<{
  text: string
  /** SHA-256 of the text, in hex. */
  hash: string
  document: DocumentNode
  operations: readonly OperationDefinitionNode[]
}>

export type DocumentStore = Readonly<{
  /**
   * Parses and validates once for each text.
   * @throws GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, DOCUMENT_TOO_COMPLEX
   */
  prepare: (text: string) => ValidDocument
}>

type Limits = GatewayConfig['limits']

/** What a parsed document takes in memory, by its text: measured at 20 to 40 times. */
const weightOf = (text: string): number => text.length * 2 + 256

const tooComplex = (what: string, count: number | string, max: number, setting: string): MarqueeError =>
  new MarqueeError('DOCUMENT_TOO_COMPLEX', { what, count, max, setting: `gateway.limits.${setting}` })

const parseText = (text: string, limits: Limits): DocumentNode => {
  try {
    return parse(text, { maxTokens: limits.maxTokens })
  } catch (error) {
    if (error instanceof RangeError) {
      // The parser is recursive: the stack ended before the tokens did.
      throw tooComplex('levels of nesting', `more than ${limits.maxDepth}`, limits.maxDepth, 'maxDepth')
    }
    if (!(error instanceof GraphQLError)) throw error
    if (/more tha[nt] \d+ tokens/.test(error.message)) {
      throw tooComplex('tokens', `more than ${limits.maxTokens}`, limits.maxTokens, 'maxTokens')
    }
    throw new RequestErrors('GRAPHQL_PARSE_FAILED', [error])
  }
}

const checkSize = (document: DocumentNode, limits: Limits): void => {
  const size = measureDocument(document)
  if (size.depth > limits.maxDepth) {
    throw tooComplex('levels of nesting', size.depth, limits.maxDepth, 'maxDepth')
  }
  if (size.selections > limits.maxSelections) {
    throw tooComplex(
      'fields with its fragments written out',
      size.selections,
      limits.maxSelections,
      'maxSelections',
    )
  }
  if (size.aliases > limits.maxAliases) {
    throw tooComplex('aliases', size.aliases, limits.maxAliases, 'maxAliases')
  }
  if (size.rootFields > limits.maxRootFields) {
    throw tooComplex('root fields', size.rootFields, limits.maxRootFields, 'maxRootFields')
  }
}

/** The documents that fit one schema. Limits come before validation, which is not linear in the document. */
export const documentStore = (schema: GraphQLSchema, config: GatewayConfig): DocumentStore => {
  const rules = config.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  const known = byteLru<ValidDocument>(config.documentCache.maxBytes)
  return Object.freeze({
    prepare: (text: string) => {
      const found = known.get(text)
      if (found !== undefined) return found
      const document = parseText(text, config.limits)
      checkSize(document, config.limits)
      const problems = validate(schema, document, rules, { maxErrors: 20 })
      if (problems.length > 0) throw new RequestErrors('GRAPHQL_VALIDATION_FAILED', problems)
      const valid = Object.freeze({
        text,
        hash: createHash('sha256').update(text).digest('hex'),
        document,
        operations: Object.freeze(
          document.definitions.filter(node => node.kind === Kind.OPERATION_DEFINITION),
        ),
      })
      known.set(text, valid, weightOf(text))
      return valid
    },
  })
}
