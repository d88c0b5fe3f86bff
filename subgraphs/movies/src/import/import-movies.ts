import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import type { Database } from '@marquee/data'
import { RowRefused, type Film, type MendKind } from './film.ts'
import { readFilm } from './read-film.ts'
import { FileMalformed, readRows, type FileRow } from './read-rows.ts'
import { refreshStatistics, writeFilms } from './write-films.ts'

/** A row that was not imported. `row` counts from 1: elements of the array, or lines that are not empty. */
export type SkippedRow = Readonly<{ row: number; reason: string }>

export type ImportProgress = Readonly<{ rows: number; bytes: number; totalBytes: number | null }>

export type ImportReport = Readonly<{
  /** read = inserted + updated + unchanged + skipped + duplicates */
  read: number
  inserted: number
  updated: number
  unchanged: number
  /** Rows of this import that a later row of the same film replaced before they were written. */
  duplicates: number
  skippedCount: number
  /** The first 100 of them; `onSkip` gets every one. */
  skipped: readonly SkippedRow[]
  /** How often each kind of dirt was mended. */
  mended: Readonly<Partial<Record<MendKind, number>>>
}>

export type ImportOptions = Readonly<{
  database: Database
  /** Path of a file, or its bytes as they arrive. */
  source: string | AsyncIterable<Uint8Array>
  onProgress?: (progress: ImportProgress) => void
  onSkip?: (skipped: SkippedRow) => void
  /** Ends the import between two batches with the signal's reason. */
  signal?: AbortSignal
}>

const batchSize = 500
const maxSkippedKept = 100

type Source = Readonly<{ name: string; bytes: AsyncIterable<Uint8Array>; totalBytes: number | null }>

const openSource = async (source: ImportOptions['source']): Promise<Source> => {
  if (typeof source !== 'string') return { name: 'The stream', bytes: source, totalBytes: null }
  try {
    const { size } = await stat(source)
    return {
      name: source,
      bytes: createReadStream(source) as AsyncIterable<Uint8Array>,
      totalBytes: size,
    }
  } catch (cause) {
    throw new MarqueeError(
      'IMPORT_FILE_INVALID',
      { file: source, reason: (cause as Error).message },
      { cause },
    )
  }
}

type Counts = Record<'read' | 'inserted' | 'updated' | 'unchanged' | 'duplicates' | 'skippedCount', number>

/** Counts what happens to rows while they become films. */
class Tally {
  readonly #onSkip: ImportOptions['onSkip']
  readonly #skipped: SkippedRow[] = []
  readonly #mended: Partial<Record<MendKind, number>> = {}
  readonly #today = new Date().toISOString().slice(0, 10)
  readonly #counts: Counts = {
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    skippedCount: 0,
  }

  constructor(onSkip: ImportOptions['onSkip']) {
    this.#onSkip = onSkip
  }

  add(counts: Partial<Counts>): void {
    for (const [name, count] of Object.entries(counts)) this.#counts[name as keyof Counts] += count
  }

  /** The film of a row; null when the row is skipped. */
  read(row: FileRow): Film | null {
    this.add({ read: 1 })
    const mends: MendKind[] = []
    try {
      if ('broken' in row) throw new RowRefused(`it is not JSON: ${row.broken}`)
      const film = readFilm(row.value, this.#today, kind => mends.push(kind))
      for (const kind of mends) this.mended(kind, 1)
      return film
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error
      this.#skip({ row: row.row, reason: error.message })
      return null
    }
  }

  mended(kind: MendKind, count: number): void {
    if (count > 0) this.#mended[kind] = (this.#mended[kind] ?? 0) + count
  }

  #skip(skipped: SkippedRow): void {
    this.add({ skippedCount: 1 })
    if (this.#skipped.length < maxSkippedKept) this.#skipped.push(skipped)
    this.#onSkip?.(skipped)
  }

  get rows(): number {
    return this.#counts.read
  }

  report(): ImportReport {
    return Object.freeze({ ...this.#counts, skipped: this.#skipped, mended: this.#mended })
  }
}

async function* counted(bytes: Source['bytes'], note: (length: number) => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of bytes) {
      note(chunk.length)
      yield chunk
    }
  } catch (cause) {
    throw new FileMalformed((cause as Error).message, { cause })
  }
}

/**
 * Imports films: a JSON array or JSON lines, in the shape of `movies.json` of vega-datasets or in the plain shape of
 * docs/import.md. Streams, so that memory does not grow with the file. Importing a file again changes nothing;
 * importing a changed file changes what changed; nothing is ever deleted.
 * @throws IMPORT_FILE_INVALID when the file cannot be read to its end: what came before stays, and importing the
 *         mended file again is safe
 */
export const importMovies = async (options: ImportOptions): Promise<ImportReport> => {
  const { database, onProgress, signal } = options
  const source = await openSource(options.source)
  const tally = new Tally(options.onSkip)
  let bytes = 0
  let batch = new Map<string, Film>()
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted()
    const films = [...batch.values()]
    batch = new Map()
    if (films.length > 0) tally.add(await writeFilms(database, films))
    onProgress?.({ rows: tally.rows, bytes, totalBytes: source.totalBytes })
  }
  const note = (length: number): void => {
    bytes += length
  }
  const takeAll = async (): Promise<void> => {
    for await (const row of readRows(counted(source.bytes, note))) {
      const film = tally.read(row)
      if (film === null) continue
      if (batch.has(film.importKey)) {
        tally.add({ duplicates: 1 })
        tally.mended('duplicate row merged into the later one', 1)
      }
      batch.set(film.importKey, film)
      if (batch.size >= batchSize) await flush()
    }
  }
  try {
    await takeAll()
  } catch (error) {
    if (!(error instanceof FileMalformed)) throw error
    await flush()
    throw new MarqueeError(
      'IMPORT_FILE_INVALID',
      { file: source.name, reason: error.message },
      { cause: error },
    )
  }
  await flush()
  const report = tally.report()
  if (report.inserted + report.updated > 0) await refreshStatistics(database)
  return report
}
