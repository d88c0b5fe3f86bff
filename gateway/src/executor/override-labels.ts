import { createHash } from 'node:crypto'
import type { GatewayConfig } from '../config.ts'
import type { FetchContext } from './executor.ts'

/** Labels of `@override(label:)` that are on for a request, sorted. */
export type LabelsFor = (context: Pick<FetchContext, 'identity' | 'requestId'>) => readonly string[]

const percentPattern = /^percent\((\d+(?:\.\d+)?)\)$/

type Rule = Readonly<{
  percent?: number | undefined
  tiers?: readonly string[] | undefined
  clients?: readonly string[] | undefined
}>

/** A number from 0 to 100 that is the same for a caller each time, and independent from label to label. */
const shareOf = (label: string, caller: string): number =>
  (createHash('sha256').update(`${label}\n${caller}`).digest().readUInt32BE(0) / 2 ** 32) * 100

const ruleOf = (label: string, rules: GatewayConfig['overrides']): Rule => {
  const rule = rules[label]
  if (rule !== undefined) return rule
  const percent = percentPattern.exec(label)?.[1]
  return percent === undefined ? {} : { percent: Number(percent) }
}

const isOn = (label: string, rule: Rule, { identity, requestId }: Parameters<LabelsFor>[0]): boolean => {
  if (rule.tiers?.includes(identity.tier) === true) return true
  if (identity.client !== null && rule.clients?.includes(identity.client) === true) return true
  const { percent = 0 } = rule
  return percent > 0 && shareOf(label, identity.subject ?? identity.client ?? requestId) < percent
}

/**
 * Decides progressive overrides. `percent(n)` is on for that share of callers, and stays so for each of them
 * (anonymous ones are drawn anew for each request); `gateway.overrides` says more, or something else.
 * @param labels  that the supergraph has
 */
export const labelDecider = (labels: readonly string[], rules: GatewayConfig['overrides']): LabelsFor => {
  const all = labels.toSorted().map(label => [label, ruleOf(label, rules)] as const)
  const none: readonly string[] = Object.freeze([])
  if (all.length === 0) return () => none
  return context => all.filter(([label, rule]) => isOn(label, rule, context)).map(([label]) => label)
}
