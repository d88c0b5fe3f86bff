import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'

const oxfmt = fileURLToPath(new URL('../../node_modules/.bin/oxfmt', import.meta.url))

/**
 * Puts text between the markers of a page, `<!-- NAME begins -->` and `<!-- NAME ends -->`; where there are none, at
 * the end, below `heading`. Then formats the page.
 */
export const writeSection = async (
  page: URL,
  name: string,
  heading: string,
  parts: readonly string[],
): Promise<void> => {
  const [begin, end] = [`<!-- ${name} begins -->`, `<!-- ${name} ends -->`]
  const text = await readFile(page, 'utf8')
  const from = text.indexOf(begin)
  const until = text.indexOf(end)
  const before = from === -1 ? `${text.trimEnd()}\n\n${heading}\n\n` : text.slice(0, from)
  const after = until === -1 ? '\n' : text.slice(until + end.length)
  await writeFile(page, `${before}${[begin, ...parts, end].join('\n\n')}${after}`)
  await promisify(execFile)(oxfmt, [fileURLToPath(page)])
}
