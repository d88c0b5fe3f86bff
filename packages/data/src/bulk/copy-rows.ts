import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from } from 'pg-copy-streams'
import { quoteName } from '../doctor/quote.ts'

const linesPerChunk = 1000

function* chunksOf(lines: readonly string[]): Generator<Buffer> {
  for (let at = 0; at < lines.length; at += linesPerChunk)
    yield Buffer.from(lines.slice(at, at + linesPerChunk).join(''))
}

/** Writes rows by COPY. @param lines  each as `copyLine` makes it */
export const copyRows = async (
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  lines: readonly string[],
): Promise<void> => {
  if (lines.length === 0) return
  const into = client.query(
    from(`copy ${quoteName(table)} (${columns.map(quoteName).join(', ')}) from stdin`),
  )
  await pipeline(Readable.from(chunksOf(lines)), into)
}
