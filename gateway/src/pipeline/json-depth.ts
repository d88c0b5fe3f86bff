const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/** True when lists and objects stand in each other more than `max` deep. The bytes need not be JSON. */
export const isNestedDeeperThan = (json: Uint8Array, max: number): boolean => {
  // So many levels take so many bytes to open and close.
  if (json.length <= 2 * max) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0
    if (inString) {
      if (byte === backslash) index += 1
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (opening.has(byte)) {
      depth += 1
      if (depth > max) return true
    } else if (closing.has(byte)) depth -= 1
  }
  return false
}
