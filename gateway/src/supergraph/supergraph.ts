import type { GraphQLSchema } from 'graphql'
import type { InterfaceObjects } from './interface-objects.ts'
import type { StandIn } from './stand-ins.ts'
import type { SubgraphFields } from './subgraph-fields.ts'
import type { UnevenMembers } from './uneven-members.ts'

/** What the gateway knows of a supergraph by reading it. Frozen. */
export type Supergraph = Readonly<{
  /** What clients see. */
  apiSchema: GraphQLSchema
  /** Subgraph name to the URL composed in. */
  subgraphs: ReadonlyMap<string, Readonly<{ url: string }>>
  /** Is `type` the type `condition`, or does it implement it, or is it a member of it? Inaccessible types too. */
  isSubtype: (type: string, condition: string) => boolean
  /** Names of all types that values can have at run time (object types), inaccessible ones too. */
  objectTypes: ReadonlySet<string>
  /** What each subgraph has of a type, and on what conditions: see subgraph-fields.ts. */
  fieldIn: SubgraphFields['fieldIn']
  keysIn: SubgraphFields['keysIn']
  ownersOf: SubgraphFields['ownersOf']
  unevenMembers: UnevenMembers
  /** Response names that the planner may add by itself; a client's alias must not be one of them (R2). */
  plannerNames: ReadonlySet<string>
  /** Names of fields that are required with arguments somewhere; unaliased ones clash too (R2). */
  requiredWithArguments: ReadonlySet<string>
  /** Labels of `@override(label:)`. */
  overrideLabels: readonly string[]
  /** `Type` and `Type.field` that are declared `@cacheControl(scope: PUBLIC)`, and those declared PRIVATE. */
  publicCoordinates: ReadonlySet<string>
  privateCoordinates: ReadonlySet<string>
  /** By what names the planner knows fields that are required with different arguments. */
  standIns: ReadonlyMap<string, StandIn>
  /** The SDL for the planner, repaired (R1). */
  plannerSdl: string
}> &
  InterfaceObjects
