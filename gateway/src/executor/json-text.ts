/** Up to this length a loop over the characters is faster than the native function. */
const shortLength = 40

/** A string as JSON. */
export const stringText = (value: string): string => {
  const { length } = value
  if (length > shortLength) return JSON.stringify(value)
  for (let index = 0; index < length; index += 1) {
    const code = value.charCodeAt(index)
    // Control characters, the quote, the backslash; and halves of pairs, which may lack the other half.
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(value)
  }
  return `"${value}"`
}

/** Any JSON value as text; `undefined` is null. */
export const jsonText = (value: unknown): string => {
  if (typeof value === 'string') return stringText(value)
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`
  return value === undefined ? 'null' : (JSON.stringify(value) ?? 'null')
}
