import { writeFile } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import { ask } from '../demo/ask.ts'
import { runCommand } from './cli-events.ts'
import type { Report } from './events.ts'

export type BringFilms = Readonly<{
  wanted: boolean
  /** No films have been imported yet, for sure: the import need not wait for the platform. */
  isNew: boolean
  /** File that says that they have been. */
  marker: string
  /** With the topology in MARQUEE_DATA_DATABASES. */
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  report: Report
}>

export type Films = Readonly<{
  /** The import into a new database, which goes on while the services start. */
  first: Promise<void>
  /** Imports when the movies turn out to be missing. @param url  where the gateway answers */
  ifMissing: (url: string) => Promise<void>
  /** Settles, never rejecting, when nothing is being imported any more. */
  ended: Promise<void>
}>

/** Imports the bundled films if there are no movies, in a process of its own. */
const importBundled = async ({ env, signal, report, marker }: BringFilms): Promise<void> => {
  const code = await runCommand(['import', '--bundled', '--if-empty'], env, signal, event => {
    if (event.event === 'importing' || event.event === 'imported') {
      report(event as unknown as Parameters<Report>[0])
    }
  })
  if (signal.aborted) return
  if (code !== 0) {
    const reason = `it ended with code ${code}`
    throw new MarqueeError('SERVICE_START_FAILED', { service: 'marquee import', reason })
  }
  await writeFile(marker, `${new Date().toISOString()}\n`)
}

const hasMovies = async (url: string): Promise<boolean> => {
  const answer = await ask(url, '{ movies(first: 1) { totalCount } }', {})
  const movies = answer.data?.['movies'] as { totalCount: number } | null | undefined
  return movies === null || movies === undefined || movies.totalCount > 0
}

/** Sees to it that there are films: at once for a new database, for any other one when it turns out to be empty. */
export const bringFilms = (films: BringFilms): Films => {
  const { wanted, isNew } = films
  const first = wanted && isNew ? importBundled(films) : Promise.resolve()
  return {
    first,
    ifMissing: async url => {
      if (wanted && !isNew && !(await hasMovies(url))) await importBundled(films)
    },
    ended: first.catch(() => undefined),
  }
}
