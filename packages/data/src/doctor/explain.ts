import type { DoctorConnection } from './connection.ts'

/** A node of a plan, as EXPLAIN (FORMAT JSON, VERBOSE) tells it. */
export type PlanNode = Readonly<{
  'Node Type': string
  Schema?: string
  'Relation Name'?: string
  Alias?: string
  'Index Name'?: string
  Filter?: string
  'Hash Cond'?: string
  'Merge Cond'?: string
  'Sort Key'?: readonly string[]
  'Parent Relationship'?: string
  'Plan Rows': number
  'Total Cost': number
  Plans?: readonly PlanNode[]
}>

// pg_stat_statements puts `$n` where a constant was, also behind the name of a type, which then does not parse.
const typedConstant = /\b(date|timestamptz|timestamp|interval|time|uuid|jsonb?)\s+(\$\d+)/gi

/** A normalised statement as one that parses. */
export const parseable = (query: string): string => query.replaceAll(typedConstant, '$2::$1')

/**
 * The plan that PostgreSQL would make without knowing the parameters. Runs nothing.
 * @returns null for a statement that cannot be explained so: it is cut off, or names what is not there any more
 */
export const genericPlan = async (connection: DoctorConnection, query: string): Promise<PlanNode | null> => {
  try {
    const [row] = await connection.rows<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
      `explain (generic_plan, verbose, format json) ${parseable(query)}`,
    )
    return row?.['QUERY PLAN'][0].Plan ?? null
  } catch (error) {
    // SQLSTATE of classes 42, 22, 0A and so on: this statement's fault. Anything else ends the run.
    if (typeof (error as { severity?: unknown }).severity === 'string') return null
    throw error
  }
}

/** Every node of a plan with those above it, nearest first. */
export const walkPlan = (
  node: PlanNode,
  above: readonly PlanNode[] = [],
): readonly Readonly<{ node: PlanNode; above: readonly PlanNode[] }>[] => [
  { node, above },
  ...(node.Plans ?? []).flatMap(child => walkPlan(child, [node, ...above])),
]
