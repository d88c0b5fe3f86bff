import { Kind, type ConstDirectiveNode, type ConstValueNode } from 'graphql'

/** What an SDL node bears its directives in. */
export type Annotated = Readonly<{ directives?: readonly ConstDirectiveNode[] | undefined }>

export const directivesNamed = (node: Annotated, name: string): readonly ConstDirectiveNode[] =>
  node.directives?.filter(directive => directive.name.value === name) ?? []

export const argumentOf = (directive: ConstDirectiveNode, name: string): ConstValueNode | undefined =>
  directive.arguments?.find(argument => argument.name.value === name)?.value

/** The text of a string or of an enum value. */
export const textOf = (value: ConstValueNode | undefined): string | undefined =>
  value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined

export const textArgument = (directive: ConstDirectiveNode, name: string): string | undefined =>
  textOf(argumentOf(directive, name))

export const isArgumentFalse = (directive: ConstDirectiveNode, name: string): boolean => {
  const value = argumentOf(directive, name)
  return value?.kind === Kind.BOOLEAN && !value.value
}

export const isArgumentTrue = (directive: ConstDirectiveNode, name: string): boolean => {
  const value = argumentOf(directive, name)
  return value?.kind === Kind.BOOLEAN && value.value
}
