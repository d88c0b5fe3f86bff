import type { DocumentNode } from 'graphql'

/** One operation as the planner gets it, and as the executor projects it. Frozen. */
export type PlanningDocument = Readonly<{
  /** One operation and the fragments that it uses. */
  document: DocumentNode
  text: string
  /** The name that a client gave to what is called `responseName` in this document. */
  clientName: (responseName: string) => string
  /** Client's variable name to the one used in this document, where they differ. */
  renamedVariables: Readonly<Record<string, string>>
}>
