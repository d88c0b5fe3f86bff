import type { DoctorConnection } from './connection.ts'
import { createIndexSql } from './create-index-sql.ts'
import { genericPlan, walkPlan } from './explain.ts'
import { indexForScan } from './index-for-scan.ts'
import { readRelation } from './relation.ts'

/** A big table that a statement reads from end to end. */
export type BigScan = Readonly<{
  table: string
  /** How many rows are read so, about. */
  rows: number
  /** What makes the index that would spare it; null when no single B-tree would. */
  sql: readonly string[] | null
}>

/**
 * What a statement would read from end to end although the table has `bigTableRows` or more: once per table.
 * @returns null when the statement cannot be explained by its text
 */
export const bigScans = async (
  connection: DoctorConnection,
  query: string,
  bigTableRows: number,
): Promise<readonly BigScan[] | null> => {
  const plan = await genericPlan(connection, query)
  if (plan === null) return null
  const scans = new Map<string, BigScan>()
  for (const { node, above } of walkPlan(plan)) {
    const table = node['Relation Name']
    if (node['Node Type'] !== 'Seq Scan' || table === undefined) continue
    const relation = await readRelation(connection, node.Schema ?? 'public', table)
    // An empty partition is best read so: only what is read of the table counts, all partitions together.
    if (relation === null || relation.ownRows === 0) continue
    const known = scans.get(relation.sqlName)
    const keys = known === undefined ? indexForScan(node, above, relation) : null
    const sql = known?.sql ?? (keys === null ? null : createIndexSql(relation, keys))
    scans.set(relation.sqlName, { table: relation.sqlName, rows: (known?.rows ?? 0) + relation.ownRows, sql })
  }
  return [...scans.values()].filter(({ rows }) => rows >= bigTableRows)
}
