import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MarqueeError, readSection, runService } from '@marquee/contract'
import type { Command } from 'commander'
import { readConfigFile } from '../config/config-file.ts'
import { failureOf, printFailure } from '../terminal/failure.ts'
import { parsePort } from './arguments.ts'

type Flags = Readonly<{ supergraph: string; port?: number; host?: string }>

/** Becomes a gateway process: flags go over the environment, that over section `gateway` of marquee.yaml. */
const gateway = async ({ supergraph, port, host }: Flags): Promise<void> => {
  const file = resolve(supergraph)
  await access(file).catch((error: unknown) => {
    throw new MarqueeError('SUPERGRAPH_INVALID', { reason: `there is no file ${file}` }, { cause: error })
  })
  const { data, path } = await readConfigFile(process.env)
  // Loaded here: no other command needs it.
  const { gatewayConfig, keepAllocationsYoung, startGateway } = await import('@marquee/gateway')
  keepAllocationsYoung()
  const env = {
    ...process.env,
    MARQUEE_GATEWAY_SUPERGRAPH_FILE: file,
    ...(port === undefined ? {} : { MARQUEE_GATEWAY_PORT: String(port) }),
    ...(host === undefined ? {} : { MARQUEE_GATEWAY_HOST: host }),
  }
  const config = readSection('gateway', gatewayConfig, { data, env, file: path })
  await runService(
    process,
    async () => {
      const service = await startGateway(config)
      console.error(`Serving ${file} at ${service.url}; Ctrl-C ends it.`)
      return service
    },
    error => console.error(printFailure(failureOf(error))),
  )
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
