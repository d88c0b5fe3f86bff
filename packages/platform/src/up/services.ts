import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SubgraphSource } from '../compose/supergraph-file.ts'
import type { ConfigFile } from '../config/config-file.ts'
import { firstQuery } from '../demo/first-query.ts'
import { authText, gatewaySubgraphs, sectionHas } from './environment.ts'
import { freePort } from './free-port.ts'
import type { ProcessPlan } from './service-group.ts'

/** A subgraph of the supergraph: one that we run has a script, any other answers at its routing_url by itself. */
export type SubgraphPlan = Readonly<{ name: string; url: string; port: number; script: string | undefined }>

const loopback = '127.0.0.1'

const mainBeside = async (schemaFile: string): Promise<string | undefined> => {
  const script = join(dirname(schemaFile), 'main.ts')
  return access(script).then(
    () => script,
    () => undefined,
  )
}

/** Says where each subgraph will answer: those with a main.ts beside their schema on free ports of this machine. */
export const planSubgraphs = async (
  subgraphs: readonly SubgraphSource[],
): Promise<readonly SubgraphPlan[]> => {
  const taken = new Set<number>()
  const plans: SubgraphPlan[] = []
  for (const { name, routingUrl, schemaFile } of subgraphs) {
    const script = await mainBeside(schemaFile)
    const port = script === undefined ? 0 : await freePort(loopback, taken)
    taken.add(port)
    const url = script === undefined ? routingUrl : `http://${loopback}:${port}/graphql`
    plans.push({ name, url, port, script })
  }
  return plans
}

const gatewayScript = (): string =>
  join(dirname(fileURLToPath(import.meta.resolve('@marquee/gateway'))), 'main.ts')

/** The processes of the subgraphs that are ours to run. @param common  the environment of every process */
export const subgraphProcesses = (
  plans: readonly SubgraphPlan[],
  common: NodeJS.ProcessEnv,
): readonly ProcessPlan[] => {
  const auth = plans.find(({ name }) => name === 'auth')
  return plans.flatMap(({ name, script, port }) => {
    if (script === undefined) return []
    const env = {
      ...common,
      MARQUEE_SUBGRAPH_HOST: loopback,
      MARQUEE_SUBGRAPH_PORT: String(port),
      ...(auth === undefined ? {} : { MARQUEE_USERS_AUTH_URL: auth.url }),
    }
    return [{ name, script, env }]
  })
}

export type GatewayPlan = Readonly<{
  host: string
  port: number
  supergraph: string
  plans: readonly SubgraphPlan[]
  configFile: ConfigFile
}>

/** The gateway's process. */
export const gatewayProcess = (gateway: GatewayPlan, common: NodeJS.ProcessEnv): ProcessPlan => {
  const { plans, configFile } = gateway
  const auth = plans.find(({ name }) => name === 'auth')
  const settings = gatewaySubgraphs(configFile)
  const subgraphs = Object.fromEntries(plans.map(({ name, url }) => [name, { ...settings[name], url }]))
  const env = {
    ...common,
    ...(sectionHas(configFile, 'gateway', 'graphiql') || !plans.some(({ name }) => name === 'movies')
      ? {}
      : { MARQUEE_GATEWAY_GRAPHIQL_DEFAULT_QUERY: firstQuery }),
    // On this machine alone, whoever asks may see plans and traces.
    ...(gateway.host === loopback && !sectionHas(configFile, 'gateway', 'inspect')
      ? { MARQUEE_GATEWAY_INSPECT_EVERYONE: 'true' }
      : {}),
    MARQUEE_GATEWAY_HOST: gateway.host,
    MARQUEE_GATEWAY_PORT: String(gateway.port),
    MARQUEE_GATEWAY_SUPERGRAPH_FILE: gateway.supergraph,
    MARQUEE_GATEWAY_SUBGRAPHS: JSON.stringify(subgraphs),
    ...(auth === undefined
      ? {}
      : {
          MARQUEE_GATEWAY_IDENTITY_JWKS_URL: new URL('/.well-known/jwks.json', auth.url).href,
          MARQUEE_GATEWAY_IDENTITY_ISSUER: authText(configFile, common, 'issuer'),
          MARQUEE_GATEWAY_IDENTITY_AUDIENCE: authText(configFile, common, 'audience'),
        }),
  }
  return { name: 'gateway', script: gatewayScript(), env }
}
