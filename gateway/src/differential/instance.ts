/** One object of the graph: an entity (identity is its index), a value (its identity says how it was reached), a root. */
export type Instance = Readonly<{ type: string; identity: string }>

export const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === instancePrototype

/** Tells instances from JSON values that look alike. */
const instancePrototype = Object.freeze({})

export const instance = (type: string, identity: string): Instance =>
  Object.freeze(Object.assign(Object.create(instancePrototype) as Instance, { type, identity }))
