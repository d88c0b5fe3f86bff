import { readFile } from 'node:fs/promises'
import { parseConfigText, MarqueeError, readSection, runService } from '@marquee/contract'
import { gatewayConfig } from './config.ts'
import { startGateway } from './start-gateway.ts'
import { makeLog } from './telemetry/make-log.ts'

const readConfigFile = async (file: string | undefined): Promise<Readonly<Record<string, unknown>>> => {
  if (file === undefined) return {}
  try {
    return parseConfigText(await readFile(file, 'utf8'), file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    if (error instanceof MarqueeError) throw error
    throw new MarqueeError('CONFIG_UNREADABLE', { file, reason: message }, { cause: error })
  }
}

await runService(
  process,
  async notify => {
    const file = process.env['MARQUEE_CONFIG']
    const data = await readConfigFile(file)
    const config = readSection('gateway', gatewayConfig, {
      data,
      env: process.env,
      ...(file !== undefined && { file }),
    })
    return startGateway(config, { notify })
  },
  error => makeLog().fatal(error instanceof MarqueeError ? error.message : error),
)
