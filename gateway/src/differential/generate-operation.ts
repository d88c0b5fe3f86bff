import { parse, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import { writeSelections } from './generate-selections.ts'
import type { OperationDraft, VariableDraft } from './operation-draft.ts'
import { random, type Random } from './random.ts'

/** An operation as a client sends it. */
export type ClientOperation = Readonly<{
  text: string
  variables: Readonly<Record<string, unknown>>
}>

export type ValidOperation = ClientOperation & Readonly<{ document: DocumentNode; seed: number }>

const definitions = (variables: readonly VariableDraft[]): string =>
  variables.length === 0
    ? ''
    : `(${variables
        .map(
          ({ name, type, default: value }) => `$${name}: ${type}${value === undefined ? '' : ` = ${value}`}`,
        )
        .join(', ')})`

const write = (schema: GraphQLSchema, hostileNames: readonly string[], rng: Random): ClientOperation => {
  const draft: OperationDraft = {
    rng,
    schema,
    variables: [],
    fragments: new Map(),
    taken: new Map(),
    hostileNames,
    budget: { fields: 4 + rng.int(rng.chance(0.3) ? 60 : 20) },
  }
  const mutation = schema.getMutationType()
  const isMutation = mutation !== undefined && mutation !== null && rng.chance(0.12)
  const root = isMutation ? mutation : schema.getQueryType()
  if (root === undefined || root === null) throw new TypeError('a schema without a query type')
  const selections = writeSelections(draft, root, '', 3 + rng.int(4))
  const fragments = [...draft.fragments].map(([name, { on, text }]) => `fragment ${name} on ${on} ${text}`)
  const name = rng.chance(0.5) ? ' Asked' : ''
  const head = `${isMutation ? 'mutation' : 'query'}${name}${definitions(draft.variables)}`
  const given = draft.variables.filter(variable => variable.value !== undefined)
  return {
    text: [`${head} ${selections}`, ...fragments].join('\n'),
    variables: Object.fromEntries(given.map(variable => [variable.name, variable.value])),
  }
}

/** A random valid operation. The same seed gives the same one. */
export const generateOperation = (
  schema: GraphQLSchema,
  hostileNames: readonly string[],
  seed: number,
): ValidOperation => {
  for (let attempt = 0; ; attempt += 1) {
    const operation = write(schema, hostileNames, random(seed * 31 + attempt))
    const document = parse(operation.text)
    // What is written agrees with itself nearly always; merging fragments is left to the validator.
    if (validate(schema, document, undefined, { maxErrors: 1 }).length === 0) {
      return { ...operation, document, seed }
    }
    if (attempt > 100) throw new Error(`no valid operation after ${attempt} attempts: ${operation.text}`)
  }
}
