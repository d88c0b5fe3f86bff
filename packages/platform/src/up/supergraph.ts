import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import type { Diagnostic } from '../compose/diagnostic.ts'
import { readSupergraphFile, type SupergraphFile } from '../compose/supergraph-file.ts'
import { writeAtomically } from '../compose/write-atomically.ts'
import { runCommand } from './cli-events.ts'
import type { DataFolder } from './data-folder.ts'
import type { Report } from './events.ts'

export type ComposeInto = Readonly<{
  folder: DataFolder
  /** Path of supergraph.yaml. */
  file: string
  only: readonly string[]
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  report: Report
}>

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Raise it when the composition library is changed: an old supergraph is then composed anew. */
const composer = '2.14.4'

const hashOf = (read: SupergraphFile): string =>
  createHash('sha256')
    .update(JSON.stringify([composer, read.subgraphs]))
    .digest('hex')

/** Composes again after a change, while the platform runs. @returns the files to watch from now on */
export const composeAgain = async (into: ComposeInto): Promise<readonly string[]> => {
  try {
    await composeInto(into)
  } catch (error) {
    into.report({ event: 'warning', message: (error as Error).message })
  }
  return (await readSupergraphFile(into.file, into.env, into.only)).inputs
}

/**
 * Composes the supergraph into the data folder, unless it was made from the very same files. When the subgraphs do
 * not compose, the last good supergraph stays, with a warning.
 * @throws COMPOSITION_FAILED when there is no good one yet
 */
export const composeInto = async ({
  folder,
  file,
  only,
  env,
  signal,
  report,
}: ComposeInto): Promise<void> => {
  const read = await readSupergraphFile(file, env, only)
  const names = read.subgraphs.map(({ name }) => name)
  const hash = hashOf(read)
  const kept = await readFile(folder.supergraphInputs, 'utf8').catch(() => '')
  const hasSupergraph = await exists(folder.supergraph)
  if (read.diagnostics.length === 0 && hasSupergraph && kept === hash) {
    report({ event: 'composed', subgraphs: names, changed: false })
    return
  }
  let errors: readonly Diagnostic[] = []
  const filter = only.length > 0 ? ['--only', only.join(',')] : []
  await runCommand(
    ['compose', '--config', file, '--out', folder.supergraph, ...filter],
    env,
    signal,
    event => {
      if (event.event === 'compose-failed') errors = event['errors'] as readonly Diagnostic[]
    },
  )
  if (signal.aborted) return
  if (errors.length === 0) {
    await writeAtomically(folder.supergraphInputs, hash)
    report({ event: 'composed', subgraphs: names, changed: true })
    return
  }
  report({ event: 'compose-failed', errors })
  if (!hasSupergraph) throw new MarqueeError('COMPOSITION_FAILED', { count: errors.length })
  report({ event: 'warning', message: 'The subgraphs do not compose: the last good supergraph is served.' })
}
