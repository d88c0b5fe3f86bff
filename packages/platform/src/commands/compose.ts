import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { relative, resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import type { Command } from 'commander'
import type { Composition } from '../compose/compose-supergraph.ts'
import { fileToCompose } from '../compose/file-to-compose.ts'
import { printDiagnostic, type Diagnostic } from '../compose/diagnostic.ts'
import { readSupergraphFile } from '../compose/supergraph-file.ts'
import { watchFiles } from '../compose/watch-files.ts'
import { writeAtomically } from '../compose/write-atomically.ts'
import { failureOf, printFailure } from '../terminal/failure.ts'
import { parseNames } from './arguments.ts'

type Flags = Readonly<{
  config?: string
  out?: string
  only?: readonly string[]
  watch?: boolean
  check?: boolean
  json?: boolean
}>

const shown = (diagnostic: Diagnostic): Diagnostic => ({
  ...diagnostic,
  file: diagnostic.file === undefined ? undefined : relative(process.cwd(), diagnostic.file),
})

const composeOnce = async (
  file: string,
  only: readonly string[],
): Promise<Composition & Readonly<{ inputs: readonly string[] }>> => {
  const read = await readSupergraphFile(file, process.env, only)
  const unknown = only.filter(name => read.names.length > 0 && !read.names.includes(name))
  if (unknown.length > 0) {
    const reason = `\`--only\` names ${unknown.join(', ')}; the supergraph has ${read.names.join(', ')}`
    throw new MarqueeError('USAGE_INVALID', { reason, command: 'compose' })
  }
  // Loaded when needed: the library is large.
  const { composeSupergraph } = await import('../compose/compose-supergraph.ts')
  return { ...composeSupergraph(read), inputs: read.inputs }
}

/** Says what came of it and writes it where it belongs. @returns whether all is well */
const settle = async ({ supergraph, errors, hints }: Composition, flags: Flags): Promise<boolean> => {
  if (supergraph === undefined) {
    if (flags.json === true) console.log(JSON.stringify({ event: 'compose-failed', errors }))
    else {
      for (const error of errors) console.error(printDiagnostic(shown(error)))
      const { message, mend } = new MarqueeError('COMPOSITION_FAILED', { count: errors.length })
      console.error(`marquee: ${message} (COMPOSITION_FAILED)\n  Mend: ${mend}`)
    }
    return false
  }
  if (flags.check === true) {
    if (flags.out === undefined) return true
    const kept = await readFile(flags.out, 'utf8').catch(() => undefined)
    if (kept === supergraph) return true
    const reason = kept === undefined ? 'is not there' : 'is not what the subgraphs compose to'
    console.error(`marquee: ${flags.out} ${reason}.\n  Mend: run \`marquee compose --out ${flags.out}\`.`)
    return false
  }
  if (flags.out !== undefined) {
    await writeAtomically(resolve(flags.out), supergraph).catch((error: Error) => {
      throw new MarqueeError('USAGE_INVALID', {
        reason: `cannot write ${flags.out}: ${error.message}`,
        command: 'compose',
      })
    })
  }
  if (flags.json === true) console.log(JSON.stringify({ event: 'composed', hints }))
  else if (flags.out === undefined) process.stdout.write(supergraph)
  else console.error(`Composed into ${flags.out}.`)
  return true
}

const compose = async (flags: Flags): Promise<number> => {
  const file = await fileToCompose(flags.config)
  const only = flags.only ?? []
  const startedMs = Date.now()
  const first = await composeOnce(file, only)
  const isGood = await settle(first, flags)
  if (flags.watch !== true) return isGood ? 0 : 1
  const stopWatching = await watchFiles(first.inputs, startedMs, async () => {
    try {
      const next = await composeOnce(file, only)
      await settle(next, flags)
      return next.inputs
    } catch (error) {
      console.error(printFailure(failureOf(error)))
      return []
    }
  })
  console.error('Watching the schemas; Ctrl-C ends it.')
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await stopWatching()
  return 0
}

export const addCompose = (program: Command, exit: (code: number) => void): void => {
  program
    .command('compose')
    .description('compose the subgraphs of supergraph.yaml into one supergraph')
    .option('--config <file>', 'the file that lists the subgraphs (default: supergraph.yaml)')
    .option('--out <file>', 'where to write the supergraph (default: to stdout)')
    .option('--only <names>', 'compose these subgraphs alone', parseNames)
    .option(
      '--check',
      'write nothing: exit 1 when they do not compose, or when --out is not what they compose to',
    )
    .option('--watch', 'compose again on each change; the last good supergraph stays')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: Flags) => exit(await compose(flags)))
}
