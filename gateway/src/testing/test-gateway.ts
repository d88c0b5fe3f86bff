import type { Service } from '@marquee/contract'
import { pino } from 'pino'
import type { z } from 'zod'
import { gatewayConfig } from '../config.ts'
import { startGateway, type GatewayOptions } from '../start-gateway.ts'

/** A gateway on a free port that logs into `lines`. */
export const startTestGateway = async (
  supergraphFile: string,
  settings: z.input<typeof gatewayConfig> = {},
  options: GatewayOptions = {},
): Promise<Service & { lines: Record<string, unknown>[]; origin: string }> => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const config = gatewayConfig.parse({
    port: 0,
    ...settings,
    supergraph: { file: supergraphFile, pollMs: 200, ...settings.supergraph },
  })
  const service = await startGateway(config, { log, ...options })
  return { ...service, lines, origin: new URL(service.url).origin }
}
