import { RowRefused, type Film, type NoteMend } from './film.ts'
import { filmOfPlain } from './plain-shape.ts'
import { filmOfVega, isVegaShape } from './vega-shape.ts'

/**
 * One row of a file, in either shape, as a film.
 * @throws RowRefused with the reason
 */
export const readFilm = (row: unknown, today: string, note: NoteMend): Film => {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new RowRefused('it is not an object')
  }
  const fields = row as Readonly<Record<string, unknown>>
  return isVegaShape(fields) ? filmOfVega(fields, today, note) : filmOfPlain(fields)
}
