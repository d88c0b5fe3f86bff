const quote = 0x22
const backslash = 0x5c

/** Index of the quote that ends the string which begins at `start`. Strings are most of a request: found natively. */
const endOfString = (json: Buffer, start: number): number => {
  let end = json.indexOf(quote, start + 1)
  while (end !== -1) {
    let before = end - 1
    while (json[before] === backslash) before -= 1
    const isEscaped = (end - before) % 2 === 0
    if (!isEscaped) return end
    end = json.indexOf(quote, end + 1)
  }
  return json.length
}

/** True when lists and objects stand in each other more than `max` deep. The bytes need not be JSON. */
export const isNestedDeeperThan = (json: Buffer, max: number): boolean => {
  // So many levels take so many bytes to open and close.
  if (json.length <= 2 * max) return false
  let depth = 0
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index]
    if (byte === quote) index = endOfString(json, index)
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1
      if (depth > max) return true
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1
  }
  return false
}
