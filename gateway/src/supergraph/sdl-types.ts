import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type DocumentNode,
  type FieldDefinitionNode,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql'

/** A type of the SDL, or more of it. */
export type SdlType = TypeDefinitionNode | TypeExtensionNode

export const typesOf = (document: DocumentNode): readonly SdlType[] =>
  document.definitions.filter(
    (node): node is SdlType => isTypeDefinitionNode(node) || isTypeExtensionNode(node),
  )

/** The output fields of an object or interface type; nothing for the other kinds. */
export const outputFieldsOf = (type: SdlType): readonly FieldDefinitionNode[] =>
  type.kind === Kind.OBJECT_TYPE_DEFINITION ||
  type.kind === Kind.OBJECT_TYPE_EXTENSION ||
  type.kind === Kind.INTERFACE_TYPE_DEFINITION ||
  type.kind === Kind.INTERFACE_TYPE_EXTENSION
    ? (type.fields ?? [])
    : []
