const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const opens = (code: number): boolean => code === 0x5b || code === 0x7b
const closes = (code: number): boolean => code === 0x5d || code === 0x7d

const closingQuote = (text: string, from: number): number => {
  for (let end = text.indexOf('"', from); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) throw new SyntaxError('a string in the variables does not end')
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1
    if (escapes % 2 === 0) return end
  }
}

/**
 * Renames the members of a JSON object. Values are copied as they are, so that numbers keep their digits.
 * @param members  JSON text of its members without the braces: `"first":3,"after":null`
 * @param suffix  put behind each name: `_1` gives `"first_1":3,"after_1":null`
 */
export const suffixVariables = (members: string, suffix: string): string => {
  let renamed = ''
  let copied = 0
  let depth = 0
  let nameFollows = true
  for (let at = 0; at < members.length; at += 1) {
    const code = members.charCodeAt(at)
    if (code === quote) {
      at = closingQuote(members, at + 1)
      if (!nameFollows) continue
      renamed += members.slice(copied, at) + suffix
      copied = at
      nameFollows = false
    } else if (opens(code)) depth += 1
    else if (closes(code)) depth -= 1
    else if (code === comma && depth === 0) nameFollows = true
  }
  return renamed + members.slice(copied)
}
