import { anonymous, type Identity } from '@marquee/contract'
import { parse } from 'graphql'
import type { z } from 'zod'
import { gatewayConfig } from '../../config.ts'
import { consistencyLedger } from '../../executor/consistency-ledger.ts'
import type { FetchContext } from '../../executor/executor.ts'
import { callerKey } from '../caller-key.ts'
import type { Fetch, FetchTemplate } from '../fetch.ts'

export const template = (
  form: FetchTemplate['form'],
  text: string,
  more: Partial<FetchTemplate> = {},
): FetchTemplate =>
  Object.freeze({
    subgraph: 'shop',
    form,
    text,
    document: parse(text),
    variableNames: [],
    isPublic: false,
    ...more,
  })

const entities = (selection: string, variables = ''): string =>
  `query($representations:[_Any!]!${variables}){_entities(representations:$representations){...on Product{${selection}}}}`

/** What tests ask of the recording subgraph. */
export const templates = Object.freeze({
  greet: template('query', 'query($name:String){greet(name:$name)}'),
  who: template('query', '{who}'),
  soft: template('query', '{soft who}'),
  strict: template('query', 'query($fail:Boolean){strict(fail:$fail)}'),
  names: template('entities', entities('name')),
  prices: template('entities', entities('price(currency:$currency)', ',$currency:String')),
  owners: template('entities', entities('upc owner')),
  bad: template('entities', entities('upc bad')),
  publicNames: template('entities', entities('name owner'), { isPublic: true }),
  count: template('mutation', 'mutation{count}'),
})

export const query = (of: FetchTemplate, variables = ''): Fetch => ({ template: of, variables })

export const product = (upc: string): string => `{"__typename":"Product","upc":${JSON.stringify(upc)}}`

export const products = (of: FetchTemplate, upcs: readonly string[], variables = ''): Fetch => ({
  template: of,
  variables,
  representations: upcs.map(product),
})

export type Caller = Readonly<{ subject?: string; tenant?: string; deadlineMs?: number }>

let lastRequest = 0

/** A client request, and how to end it. */
export const clientRequest = (caller: Caller = {}): FetchContext & Readonly<{ abort: () => void }> => {
  lastRequest += 1
  const ending = new AbortController()
  const { subject, tenant, deadlineMs = 5000 } = caller
  const identity: Identity =
    subject === undefined ? anonymous : { subject, scopes: [], client: null, tier: 'user' }
  const forwarded: Record<string, string> = tenant === undefined ? {} : { 'x-tenant': tenant }
  return {
    requestId: `request-${lastRequest}`,
    identity,
    callerKey: callerKey(identity, forwarded),
    signal: ending.signal,
    deadlineAt: performance.now() + deadlineMs,
    deadlineMs,
    forwarded,
    consistency: consistencyLedger({}),
    abort: () => ending.abort(),
  }
}

export const testConfig = (settings: z.input<typeof gatewayConfig> = {}): z.output<typeof gatewayConfig> =>
  gatewayConfig.parse({ secret: 'a secret of the tests', forwardHeaders: ['x-tenant'], ...settings })
