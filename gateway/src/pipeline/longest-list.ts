const isNode = (value: unknown): value is object => typeof value === 'object' && value !== null

/** How many entries the longest list in a JSON value has, at any depth; 0 without lists. */
export const longestListIn = (value: unknown): number => {
  let longest = 0
  // A stack of its own: the value may be nested as deep as `gateway.limits.maxVariablesDepth` lets it.
  const left: object[] = isNode(value) ? [value] : []
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (Array.isArray(node)) longest = Math.max(longest, node.length)
    for (const child of Array.isArray(node) ? (node as unknown[]) : Object.values(node)) {
      if (isNode(child)) left.push(child)
    }
  }
  return longest
}
