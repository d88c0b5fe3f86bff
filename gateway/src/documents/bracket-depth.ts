const quote = 0x22
const hash = 0x23
const backslash = 0x5c
const newline = 0x0a
const carriageReturn = 0x0d

const isOpening = (code: number): boolean => code === 0x7b || code === 0x28 || code === 0x5b
const isClosing = (code: number): boolean => code === 0x7d || code === 0x29 || code === 0x5d

/** Index of the last character of a block string whose third quote is at `start`. */
const endOfBlock = (text: string, start: number): number => {
  let end = text.indexOf('"""', start + 1)
  while (end !== -1 && text.charCodeAt(end - 1) === backslash) end = text.indexOf('"""', end + 3)
  return end === -1 ? text.length : end + 2
}

/** Index of the last character of what begins with the quote at `start`: a string ends with its line at the latest. */
const endOfString = (text: string, start: number): number => {
  if (text.startsWith('""', start + 1)) return endOfBlock(text, start + 2)
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote || code === newline || code === carriageReturn) return index
    if (code === backslash) index += 1
  }
  return text.length
}

const endOfComment = (text: string, start: number): number => {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === newline || code === carriageReturn) return index
  }
  return text.length
}

/**
 * True when brackets stand in each other more than `max` deep in a GraphQL document, strings and comments left out. The
 * parser is recursive: what is deeper than its stack must not reach it.
 */
export const isBracketedDeeperThan = (text: string, max: number): boolean => {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote) index = endOfString(text, index)
    else if (code === hash) index = endOfComment(text, index)
    else if (isOpening(code)) {
      depth += 1
      if (depth > max) return true
    } else if (isClosing(code)) depth -= 1
  }
  return false
}
