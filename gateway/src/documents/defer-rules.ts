import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DirectiveNode,
  type OperationDefinitionNode,
  type ValidationContext,
  type ValidationRule,
  type ValueNode,
} from 'graphql'

// Spec: GraphQL, incremental delivery proposal, "Validation", sections on `@defer`.

const argument = (node: DirectiveNode, name: string): ValueNode | undefined =>
  node.arguments?.find(each => each.name.value === name)?.value

const isDefer = (node: DirectiveNode): boolean => node.name.value === 'defer'

/** "The label argument is a static string, unique among the directives of a document." */
const staticUniqueLabels: ValidationRule = context => {
  const known = new Map<string, DirectiveNode>()
  return {
    Directive: node => {
      const label = isDefer(node) ? argument(node, 'label') : undefined
      if (label === undefined || label.kind === Kind.NULL) return
      if (label.kind !== Kind.STRING) {
        const message = 'The label of "@defer" must be a static string: no variable.'
        context.reportError(new GraphQLError(message, { nodes: node }))
        return
      }
      const first = known.get(label.value)
      if (first === undefined) known.set(label.value, node)
      else {
        const message = `The label "${label.value}" of "@defer" is given twice: labels are unique in a document.`
        context.reportError(new GraphQLError(message, { nodes: [first, node] }))
      }
    },
  }
}

/** "Root fields of mutations and subscriptions are not deferred." */
const noDeferredRootFields: ValidationRule = context => {
  const schema = context.getSchema()
  const roots = new Map([
    [schema.getMutationType(), 'mutation'],
    [schema.getSubscriptionType(), 'subscription'],
  ])
  return {
    Directive: node => {
      const parent = context.getParentType()
      const kind = roots.get(parent as never)
      if (!isDefer(node) || parent === null || parent === undefined || kind === undefined) return
      const message = `"@defer" cannot stand at the root of a ${kind} (type "${parent.name}"): its fields are executed in order. Put it further down.`
      context.reportError(new GraphQLError(message, { nodes: node }))
    },
  }
}

const isSwitchedOff = (node: DirectiveNode): boolean => {
  const condition = argument(node, 'if')
  return condition?.kind === Kind.VARIABLE || (condition?.kind === Kind.BOOLEAN && !condition.value)
}

const defersIn = (context: ValidationContext, operation: OperationDefinitionNode): DirectiveNode[] => {
  const sets = [operation, ...context.getRecursivelyReferencedFragments(operation)]
  const found: DirectiveNode[] = []
  const visitSet = ({ selectionSet }: Pick<OperationDefinitionNode, 'selectionSet'>): void => {
    for (const node of selectionSet.selections) {
      found.push(...(node.directives?.filter(isDefer) ?? []))
      if (node.kind !== Kind.FRAGMENT_SPREAD && node.selectionSet !== undefined) {
        visitSet({ selectionSet: node.selectionSet })
      }
    }
  }
  for (const set of sets) visitSet(set)
  return found
}

/** "`@defer` is not used in subscriptions, unless it can be switched off." */
const noDeferInSubscriptions: ValidationRule = context => ({
  OperationDefinition: operation => {
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return
    for (const node of defersIn(context, operation)) {
      if (isSwitchedOff(node)) continue
      context.reportError(new GraphQLError('"@defer" cannot stand in a subscription.', { nodes: node }))
    }
  },
})

/** Validation rules for schemas that have `@defer`; graphql-js 16 has none of its own. */
export const deferRules: readonly ValidationRule[] = Object.freeze([
  staticUniqueLabels,
  noDeferredRootFields,
  noDeferInSubscriptions,
])
