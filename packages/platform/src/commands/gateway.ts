import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MarqueeError } from '@marquee/contract'
import type { Command } from 'commander'
import { parsePort } from './arguments.ts'

type Flags = Readonly<{ supergraph: string; port?: number; host?: string }>

/**
 * Becomes the gateway process: this one, so that signals reach it. Everything else comes from marquee.yaml and the
 * environment, as for any gateway process.
 */
const gateway = async ({ supergraph, port, host }: Flags): Promise<void> => {
  const file = resolve(supergraph)
  await access(file).catch((error: unknown) => {
    throw new MarqueeError('SUPERGRAPH_INVALID', { reason: `there is no file ${file}` }, { cause: error })
  })
  Object.assign(process.env, {
    MARQUEE_GATEWAY_SUPERGRAPH_FILE: file,
    ...(port === undefined ? {} : { MARQUEE_GATEWAY_PORT: String(port) }),
    ...(host === undefined ? {} : { MARQUEE_GATEWAY_HOST: host }),
  })
  const main = join(dirname(fileURLToPath(import.meta.resolve('@marquee/gateway'))), 'main.ts')
  await import(pathToFileURL(main).href)
}

export const addGateway = (program: Command): void => {
  program
    .command('gateway')
    .description('serve any supergraph, with nothing else running')
    .requiredOption('--supergraph <file>', 'the composed supergraph; a changed file is taken while running')
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 4000)', parsePort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .action(gateway)
}
