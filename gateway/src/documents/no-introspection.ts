import { GraphQLError, type ValidationRule } from 'graphql'

/** Validation rule of a gateway that does not show its schema. `__typename` shows none of it. */
export const noIntrospection: ValidationRule = context => ({
  Field: node => {
    const name = node.name.value
    if (name !== '__schema' && name !== '__type') return
    context.reportError(
      new GraphQLError(
        `"${name}" asks for the schema, and introspection is off here. Operators: \`gateway.introspection: true\` lets clients ask.`,
        { nodes: node },
      ),
    )
  },
})
