import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { MarqueeError, readSection } from '@marquee/contract'
import type { Command } from 'commander'
import { fileToCompose } from '../compose/file-to-compose.ts'
import { readSupergraphFile } from '../compose/supergraph-file.ts'
import { readConfigFile } from '../config/config-file.ts'

type Flags = Readonly<{
  supergraph?: string
  operation?: string
  variables?: string
  label?: readonly string[]
  json?: boolean
}>

const wrong = (reason: string, cause?: unknown): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { reason, command: 'plan' }, { cause })

const readText = async (file: string): Promise<string> => {
  if (file === '-') return readAll(process.stdin)
  return readFile(resolve(file), 'utf8').catch((error: Error) => {
    throw wrong(`cannot read ${file}: ${error.message}`, error)
  })
}

const composed = async (): Promise<string> => {
  const { composeSupergraph } = await import('../compose/compose-supergraph.ts')
  const read = await readSupergraphFile(await fileToCompose(undefined), process.env, [])
  const { supergraph, errors } = composeSupergraph(read)
  if (supergraph === undefined) throw new MarqueeError('COMPOSITION_FAILED', { count: errors.length })
  return supergraph
}

const parseVariables = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {}
  throw wrong('`--variables` takes a JSON object')
}

const plan = async (file: string, flags: Flags): Promise<void> => {
  const { data, path } = await readConfigFile(process.env)
  const { gatewayConfig, planOperation, printPlan } = await import('@marquee/gateway')
  const config = readSection('gateway', gatewayConfig, { data, env: process.env, file: path })
  const text = await readText(file)
  const sdl = flags.supergraph === undefined ? await composed() : await readText(flags.supergraph)
  const description = await planOperation(sdl, config, {
    text,
    operationName: flags.operation,
    variables: parseVariables(flags.variables ?? '{}'),
    labels: flags.label ?? [],
  })
  if (flags.json === true) console.log(JSON.stringify(description))
  else process.stdout.write(printPlan(description))
}

export const addPlan = (program: Command): void => {
  program
    .command('plan')
    .description('show how the gateway would answer an operation: which subgraph is asked what, and when')
    .argument('<file>', 'a file with the operation; - reads standard input')
    .option('--supergraph <file>', 'plan on this supergraph (default: what supergraph.yaml composes to)')
    .option('--operation <name>', 'which operation, when the file has several')
    .option('--variables <json>', 'values of the variables in @skip and @include')
    .option('--label <label...>', 'labels of @override(label:) that are on')
    .option('--json', 'one JSON object, for scripts')
    .action(plan)
}
