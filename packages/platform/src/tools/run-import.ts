import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database } from '@marquee/data'
import { bundledFilms, importMovies, moviesModel, type ImportReport, type SkippedRow } from '@marquee/movies'
import { progress } from '../terminal/progress.ts'
import { findDatabases, type WhereFlags } from './topology.ts'

export type ImportFlags = WhereFlags &
  Readonly<{ report?: string; bundled?: boolean; ifEmpty?: boolean; json?: boolean }>

const usage = (reason: string): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { reason, command: 'import' })

const isEmpty = async (database: Database): Promise<boolean> =>
  (await sqlRows(database.fork(), 'select 1 from movie limit 1', [])).length === 0

type ReportFile = Readonly<{ add: (skipped: SkippedRow) => void; close: () => Promise<void> }>

/** The skipped rows, one JSON object a line: `{ "row": 7, "reason": "…" }`. */
const openReport = async (path: string): Promise<ReportFile> => {
  const stream = createWriteStream(path)
  try {
    await once(stream, 'open')
  } catch (error) {
    throw usage(`the report cannot be written: ${(error as Error).message}`)
  }
  return {
    add: skipped => void stream.write(`${JSON.stringify(skipped)}\n`),
    close: () => new Promise(done => stream.end(() => done())),
  }
}

const summary = (report: ImportReport, reportFile: string | undefined): string => {
  const { read, inserted, updated, unchanged, duplicates, skippedCount, skipped, mended } = report
  const shown = reportFile === undefined ? skipped.slice(0, 10) : []
  const more = skippedCount - shown.length
  const dirt = Object.entries(mended).map(([what, count]) => `  mended ${String(count).padStart(6)}  ${what}`)
  return [
    `${read} rows read: ${inserted} new, ${updated} changed, ${unchanged} as before, ${duplicates} duplicates, ${skippedCount} skipped.`,
    ...dirt,
    ...shown.map(({ row, reason }) => `  row ${row} skipped: ${reason}`),
    ...(more > 0 && reportFile === undefined ? [`  and ${more} more: \`--report FILE\` lists them all`] : []),
    ...(more > 0 && reportFile !== undefined ? [`  the skipped rows are in ${reportFile}`] : []),
  ].join('\n')
}

const importInto = async (database: Database, source: string, flags: ImportFlags): Promise<void> => {
  const report = flags.report === undefined ? undefined : await openReport(resolve(flags.report))
  const shown = progress('importing', line => console.error(line))
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new Error('Stopped. What was imported stays.')))
  try {
    const result = await importMovies({
      database,
      source,
      signal: stop.signal,
      onProgress: ({ rows, bytes, totalBytes }) => {
        if (flags.json === true)
          console.log(JSON.stringify({ event: 'importing', done: bytes, total: totalBytes, rows }))
        else shown.show(bytes, totalBytes)
      },
      onSkip: skipped => report?.add(skipped),
    })
    shown.end()
    if (flags.json === true) {
      const { skipped: _rows, skippedCount, inserted, ...rest } = result
      console.log(JSON.stringify({ event: 'imported', imported: inserted, skipped: skippedCount, ...rest }))
    } else console.log(summary(result, flags.report))
  } finally {
    shown.end()
    await report?.close()
  }
}

/** Imports a file, or the bundled films. @throws IMPORT_FILE_INVALID, NOT_RUNNING, USAGE_INVALID */
export const runImport = async (file: string | undefined, flags: ImportFlags): Promise<void> => {
  if ((file === undefined) === (flags.bundled !== true)) throw usage('name either a file or `--bundled`')
  const where = await findDatabases(flags, process.env)
  const database = await where.open(moviesModel)
  try {
    await database.migrate()
    if (flags.ifEmpty === true && !(await isEmpty(database))) return
    await importInto(database, file === undefined ? bundledFilms() : resolve(file), flags)
  } finally {
    await database.close()
  }
}
