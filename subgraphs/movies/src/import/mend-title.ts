import type { NoteMend } from './film.ts'

// Part of the published titles are Windows-1252 bytes that were read as Mac OS Roman: "é" (E9) became "È".
const highBytes = Uint8Array.from({ length: 128 }, (_, at) => at + 128)
const asMac = Array.from(new TextDecoder('macintosh').decode(highBytes))
const asWindows = Array.from(new TextDecoder('windows-1252').decode(highBytes))
const decodedAgain = new Map(asMac.map((wrong, at) => [wrong, asWindows[at] ?? wrong]))

/** Signs that a character came out of the wrong table: a capital, or a sign that is no letter, inside a word. */
const isMisread = (title: string, at: number, character: string): boolean => {
  const meant = decodedAgain.get(character)
  if (meant === undefined || meant === character) return false
  const before = title[at - 1] ?? ' '
  const after = title[at + character.length] ?? ' '
  if (meant === '…') return before === ' ' && after === ' '
  if (meant === '½') return /\d/.test(before)
  if (!/[à-ÿ]/.test(meant)) return false
  const besideSmall = /\p{Ll}/u.test(before) || /\p{Ll}/u.test(after)
  return /\p{Lu}/u.test(character) ? /\p{L}/u.test(before) && besideSmall : besideSmall
}

const decodeAgain = (title: string): string => {
  const characters = Array.from(title)
  let at = 0
  const misread = characters.some(character => {
    const found = isMisread(title, at, character)
    at += character.length
    return found
  })
  return misread ? characters.map(character => decodedAgain.get(character) ?? character).join('') : title
}

/** Collapses white space and takes control characters out. */
export const tidy = (text: string, note: NoteMend): string => {
  const tidied = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  if (tidied !== text) note('spaces collapsed')
  return tidied
}

/** Mends what is wrong with titles of the vega-datasets shape. */
export const mendTitle = (raw: string, note: NoteMend): string => {
  let title = tidy(raw, note)
  const change = (kind: Parameters<NoteMend>[0], mended: string): void => {
    if (mended === title) return
    title = mended
    note(kind)
  }
  change('title decoded again', decodeAgain(title))
  change('article moved to the front of the title', title.replace(/^(.+), (The|A|An)$/, '$2 $1'))
  change('year taken out of the title', title.replace(/ \((18|19|20)\d\d\)$/, ''))
  return title
}
