import { readFile } from 'node:fs/promises'
import { MarqueeError, readConfigFile, readSection, runService } from '@marquee/contract'
import { gatewayConfig } from './config.ts'
import { keepAllocationsYoung } from './keep-young.ts'
import { startGateway } from './start-gateway.ts'
import { makeLog } from './telemetry/make-log.ts'

keepAllocationsYoung()
await runService(
  process,
  async notify => {
    const source = await readConfigFile(process.env, path => readFile(path, 'utf8'))
    const config = readSection('gateway', gatewayConfig, { ...source, env: process.env })
    return startGateway(config, { notify })
  },
  error => makeLog().fatal(error instanceof MarqueeError ? error.message : error),
)
