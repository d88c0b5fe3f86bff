import { MarqueeError } from '@marquee/contract'
import {
  Kind,
  type BooleanValueNode,
  type DirectiveNode,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
} from 'graphql'
import { visitSelections } from './visit-selections.ts'

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include'

const isDefer = ({ name }: DirectiveNode): boolean => name.value === 'defer'

const conditionOf = (directive: DirectiveNode): ValueNode | undefined =>
  directive.arguments?.find(({ name }) => name.value === 'if')?.value

/**
 * The variables that decide what of an operation is executed: those in `@skip` and `@include`, sorted. Operations with
 * the same document and the same values of these have the same plan.
 * @param options  `defer`: and those in `@defer`, which decide what is executed later
 */
export const conditionVariables = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  { defer = false } = {},
): readonly string[] => {
  const names = new Set<string>()
  const decides = (node: DirectiveNode): boolean => isCondition(node) || (defer && isDefer(node))
  visitSelections(document, definition, ({ directives }) => {
    for (const directive of directives?.filter(decides) ?? []) {
      const condition = conditionOf(directive)
      if (condition?.kind === Kind.VARIABLE) names.add(condition.name.value)
    }
  })
  return Object.freeze([...names].toSorted())
}

type ReadCondition = (directive: DirectiveNode) => boolean | undefined

/** Reads `if` of a directive; undefined where there is none. It throws BAD_USER_INPUT where it is null. */
const conditionReader = (
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ReadCondition => {
  const defaults = new Map(
    definition.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  )
  const valueOf = (name: string): boolean => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined
    const value = given === undefined ? (defaults.get(name) as BooleanValueNode | undefined)?.value : given
    if (typeof value === 'boolean') return value
    throw new MarqueeError('BAD_USER_INPUT', {
      reason: `$${name} decides what is selected, it must not be null.`,
    })
  }
  return directive => {
    const condition = conditionOf(directive)
    if (condition === undefined) return undefined
    return condition.kind === Kind.VARIABLE
      ? valueOf(condition.name.value)
      : condition.kind === Kind.BOOLEAN && condition.value
  }
}

/**
 * Evaluates `@defer(if:)`.
 * @returns the directive of a fragment that is deferred. It throws BAD_USER_INPUT as `conditionsHold` does
 */
export const activeDefers = (
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ((node: SelectionNode) => DirectiveNode | undefined) => {
  const read = conditionReader(definition, variables)
  return ({ directives }) => directives?.find(directive => isDefer(directive) && read(directive) !== false)
}

/**
 * Evaluates `@skip` and `@include`.
 * @param variables  as the client sent them, coercible
 * @returns whether a selection is executed. It throws BAD_USER_INPUT where a condition is null, as a nullable variable
 *          with a default may be: GraphQL, "All Variable Usages Are Allowed", leaves that to the run
 */
export const conditionsHold = (
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ((node: SelectionNode) => boolean) => {
  const read = conditionReader(definition, variables)
  const holds = (directive: DirectiveNode): boolean => {
    const value = read(directive) ?? false
    return directive.name.value === 'skip' ? !value : value
  }
  return ({ directives }) => {
    if (directives === undefined || directives.length === 0) return true
    return directives.every(directive => !isCondition(directive) || holds(directive))
  }
}
