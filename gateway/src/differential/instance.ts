/** One object of the graph: an entity (identity is its index), a value (its identity says how it was reached), a root. */
export type Instance = Readonly<{
  type: string
  identity: string
  /** The object above it that sets its context. */
  context?: Instance
}>

export const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === instancePrototype

/** Tells instances from JSON values that look alike. */
const instancePrototype = Object.freeze({})

export const instance = (type: string, identity: string, context?: Instance): Instance =>
  Object.freeze(
    Object.assign(Object.create(instancePrototype) as Instance, {
      type,
      identity,
      ...(context !== undefined && { context }),
    }),
  )

/** What a field gives, with the context that holds there. */
export const inContext = (value: unknown, context: Instance | undefined): unknown => {
  if (context === undefined) return value
  if (Array.isArray(value)) return value.map(item => inContext(item, context))
  return isInstance(value) ? instance(value.type, value.identity, context) : value
}
