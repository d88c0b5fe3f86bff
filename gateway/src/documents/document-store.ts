import { createHash } from 'node:crypto'
import {
  GraphQLError,
  Kind,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { RequestErrors } from '../errors/request-errors.ts'
import { isBracketedDeeperThan } from './bracket-depth.ts'
import { byteLru } from './byte-lru.ts'
import { deferRules } from './defer-rules.ts'
import {
  excessesOf,
  tooComplex,
  type Excess,
  type LimitsConfig,
  type ReportExcess,
} from './document-limits.ts'
import { noIntrospection } from './no-introspection.ts'

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
  /** Whether `prepare` only has to look it up. */
  isKnown: (text: string) => boolean
}>

/** What was found out about a text. Excesses are there in measure-only mode alone. */
type Entry = Readonly<{ valid: ValidDocument; excesses: readonly Excess[] }>

/** What a parsed document takes in memory, by its text: measured at 20 to 40 times. */
const weightOf = (text: string): number => text.length * 2 + 256

const nestingExcess = ({ maxNesting }: LimitsConfig): Excess => ({
  limit: 'maxNesting',
  what: 'levels of nesting',
  count: `more than ${maxNesting}`,
  max: maxNesting,
})

const tokenExcess = ({ maxTokens }: LimitsConfig, count: number | string): Excess => ({
  limit: 'maxTokens',
  what: 'tokens',
  count,
  max: maxTokens,
})

const isTokenError = (error: GraphQLError): boolean => /more tha[nt] \d+ tokens/.test(error.message)

/** graphql-js gives up after 500,000 steps in comparing fields of the same name. */
const explained = (error: GraphQLError): GraphQLError =>
  error.message === 'Validation aborted.'
    ? new GraphQLError(
        'It takes too long to check that fields of the same name agree: ask for each of them once, in fewer fragments.',
      )
    : error

const operationsOf = (document: DocumentNode): readonly OperationDefinitionNode[] =>
  Object.freeze(document.definitions.filter(node => node.kind === Kind.OPERATION_DEFINITION))

/**
 * The documents that fit one schema. Limits come before validation, which is not linear in the document.
 * @param report  told of each excess over a limit, each time that the document comes
 */
export const documentStore = (
  schema: GraphQLSchema,
  config: GatewayConfig,
  report: ReportExcess = () => {},
): DocumentStore => {
  const { limits, introspection } = config
  const rules = [
    ...specifiedRules,
    ...(introspection ? [] : [noIntrospection]),
    ...(schema.getDirective('defer') === undefined ? [] : deferRules),
  ]
  const known = byteLru<Entry>(config.documentCache.maxBytes)

  const refuse = (excess: Excess): never => {
    report(excess)
    throw tooComplex(excess)
  }

  const parseText = (text: string): DocumentNode => {
    if (isBracketedDeeperThan(text, limits.maxNesting)) refuse(nestingExcess(limits))
    try {
      return parse(text, limits.measureOnly ? {} : { maxTokens: limits.maxTokens })
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      if (isTokenError(error)) return refuse(tokenExcess(limits, `more than ${limits.maxTokens}`))
      throw new RequestErrors('GRAPHQL_PARSE_FAILED', [error])
    }
  }

  /** @returns the excesses that are let through */
  const measure = (document: DocumentNode): readonly Excess[] => {
    const tokens = document.tokenCount ?? 0
    const excesses = [
      ...(tokens > limits.maxTokens ? [tokenExcess(limits, tokens)] : []),
      ...excessesOf(document, limits),
    ]
    const refused = excesses.find(({ limit }) => !limits.measureOnly || limit === 'maxNesting')
    return refused === undefined ? Object.freeze(excesses) : refuse(refused)
  }

  const read = (text: string): Entry => {
    const document = parseText(text)
    const excesses = measure(document)
    const problems = validate(schema, document, rules, { maxErrors: 20, hideSuggestions: !introspection })
    if (problems.length > 0) throw new RequestErrors('GRAPHQL_VALIDATION_FAILED', problems.map(explained))
    const hash = createHash('sha256').update(text).digest('hex')
    const valid = Object.freeze({ text, hash, document, operations: operationsOf(document) })
    return Object.freeze({ valid, excesses })
  }

  return Object.freeze({
    prepare: (text: string) => {
      let entry = known.get(text)
      if (entry === undefined) {
        entry = read(text)
        known.set(text, entry, weightOf(text))
      }
      for (const excess of entry.excesses) report(excess, entry.valid.hash)
      return entry.valid
    },
    isKnown: (text: string) => known.get(text) !== undefined,
  })
}
