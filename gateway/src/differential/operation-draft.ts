import type { GraphQLSchema } from 'graphql'
import type { Random } from './random.ts'

export type VariableDraft = Readonly<{ name: string; type: string; default?: string; value?: unknown }>

/** An operation while it is being written. */
export type OperationDraft = Readonly<{
  rng: Random
  schema: GraphQLSchema
  variables: VariableDraft[]
  /** Name to text. */
  fragments: Map<string, Readonly<{ on: string; text: string }>>
  /** Response path to what it holds: two selections that meet must agree. */
  taken: Map<string, string>
  /** Names that hurt as aliases. Without any, other names are tame too. */
  hostileNames: readonly string[]
  budget: { fields: number }
}>
