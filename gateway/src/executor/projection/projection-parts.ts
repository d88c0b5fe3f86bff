import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'

/** What a projection is compiled from. */
export type ProjectionParts = Readonly<{
  schema: GraphQLSchema
  document: DocumentNode
  operation: OperationDefinitionNode
  /** What a client calls a response name of the document. */
  clientName: (responseName: string) => string
  /** A response name that is never shown: it stands for a selection that has nothing left in it. */
  emptyName: string
}>
