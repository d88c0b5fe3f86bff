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

// A parameter has no type of its own; the branches of a CASE that is reckoned with are numbers.
const branch = /\b(then|else)\s+(\$\d+)/gi

/** A normalised statement in the forms that may parse, the likeliest first. */
const forms = (query: string): readonly string[] => {
  const typed = query.replaceAll(typedConstant, '$2::$1')
  const numeric = typed.replaceAll(branch, '$1 $2::numeric')
  return numeric === typed ? [typed] : [typed, numeric]
}

type Row = Readonly<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>

/**
 * The plan that PostgreSQL would make without knowing the parameters. Runs nothing.
 * @returns null for a statement that cannot be explained so: it is cut off, or names what is not there any more
 */
export const genericPlan = async (connection: DoctorConnection, query: string): Promise<PlanNode | null> => {
  for (const form of forms(query)) {
    try {
      const [row] = await connection.rows<Row>(`explain (generic_plan, verbose, format json) ${form}`)
      return row?.['QUERY PLAN'][0].Plan ?? null
    } catch (error) {
      // PostgreSQL says that of this statement; anything else ends the run.
      if (typeof (error as { severity?: unknown }).severity !== 'string') throw error
    }
  }
  return null
}

/** Every node of a plan with those above it, nearest first. */
export const walkPlan = (
  node: PlanNode,
  above: readonly PlanNode[] = [],
): readonly Readonly<{ node: PlanNode; above: readonly PlanNode[] }>[] => [
  { node, above },
  ...(node.Plans ?? []).flatMap(child => walkPlan(child, [node, ...above])),
]
