import type { IndexKey } from './create-index-sql.ts'
import type { PlanNode } from './explain.ts'
import type { Relation } from './relation.ts'

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)

type Alias = Readonly<{ reference: string }>

// `r.movie_id`, `"R".movie_id`, `(r.kind)::text`; a partition of `r` is `r_3` in its own node and `r` above it.
const aliasOf = (scan: PlanNode, relation: Relation): Alias => {
  const alias = scan.Alias ?? relation.name
  const names = [alias, ...(relation.leaves.length > 0 ? [alias.replace(/_\d+$/, '')] : [])]
  const reference = names.map(name => `(?:${escape(name)}|"${escape(name)}")`).join('|')
  return { reference: String.raw`\(?(?:${reference})\."?(\w+)"?\)?(?:::[\w ]+?)?` }
}

const columnsIn = (text: string, pattern: RegExp, relation: Relation): readonly string[] => [
  ...new Set(
    [...text.matchAll(pattern)]
      .flatMap(found => found.slice(1))
      .filter((column): column is string => column !== undefined && relation.columns.includes(column)),
  ),
]

const comparedIn = (text: string, alias: Alias, operator: string, relation: Relation): readonly string[] =>
  // One index cannot serve alternatives.
  / OR | NOT /.test(text)
    ? []
    : columnsIn(
        text,
        new RegExp(
          String.raw`${alias.reference} (?:${operator}) |(?<= (?:${operator}) )${alias.reference}(?=\))`,
          'g',
        ),
        relation,
      )

/** Keys of the order that a LIMIT cuts off: as far as they are columns of the table. */
const sortKeys = (above: readonly PlanNode[], alias: Alias, relation: Relation): readonly IndexKey[] => {
  const at = above.findIndex(node => node['Sort Key'] !== undefined)
  const between = above.slice(0, Math.max(at, 0)).map(node => node['Node Type'])
  if (at === -1 || !between.every(type => ['Append', 'Result', 'Subquery Scan'].includes(type))) return []
  if (above[at + 1]?.['Node Type'] !== 'Limit') return []
  const keys: IndexKey[] = []
  const pattern = new RegExp(
    `^${alias.reference}((?: COLLATE \\S+)?)((?: ASC| DESC)?(?: NULLS (?:FIRST|LAST))?)$`,
  )
  for (const text of above[at]?.['Sort Key'] ?? []) {
    const found = pattern.exec(text)
    const column = found?.[1]
    if (column === undefined || !relation.columns.includes(column)) break
    const order = (found?.[3] ?? '').trim().toLowerCase()
    keys.push(order === '' ? { column } : { column, order })
  }
  // Walked backwards, an index serves the opposite order as well.
  return keys.every(({ order }) => order === 'desc') ? keys.map(({ column }) => ({ column })) : keys
}

/** Columns by which few rows of another side look for their partners in this one. */
const joinColumns = (scan: PlanNode, above: readonly PlanNode[], alias: Alias, relation: Relation) => {
  const join = above.find(node => node['Node Type'] !== 'Hash' && node['Node Type'] !== 'Sort')
  const condition = join?.['Hash Cond'] ?? join?.['Merge Cond']
  if (join === undefined || condition === undefined) return []
  const own = above[above.indexOf(join) - 1] ?? scan
  const others = (join.Plans ?? []).filter(side => side !== own).map(side => side['Plan Rows'])
  if (Math.max(...others) * 50 > scan['Plan Rows']) return []
  return comparedIn(condition, alias, '=', relation)
}

const leads = (index: readonly string[], keys: readonly IndexKey[], equal: number): boolean => {
  const columns = keys.map(({ column }) => column)
  // Columns that are compared with `=` may stand in any order.
  return (
    columns.slice(0, equal).every(column => index.slice(0, equal).includes(column)) &&
    columns.slice(equal).every((column, at) => index[equal + at] === column)
  )
}

/**
 * The keys of the index that would spare this sequential scan: what is compared with `=` first, then the order that a
 * LIMIT cuts off, else what is compared with `<` and the like.
 * @returns null when no single B-tree would, or there is one already and the planner has reasons
 */
export const indexForScan = (
  scan: PlanNode,
  above: readonly PlanNode[],
  relation: Relation,
): readonly IndexKey[] | null => {
  const alias = aliasOf(scan, relation)
  const filter = scan.Filter ?? ''
  const compared = comparedIn(filter, alias, '=|= ANY', relation)
  const equal = compared.length > 0 ? compared : joinColumns(scan, above, alias, relation)
  const rest = sortKeys(above, alias, relation).filter(({ column }) => !equal.includes(column))
  const ranges = comparedIn(filter, alias, '<|<=|>|>=', relation).filter(column => !equal.includes(column))
  const tail = rest.length > 0 ? rest : ranges.slice(0, 1).map(column => ({ column }))
  const keys: readonly IndexKey[] = [...equal.map(column => ({ column })), ...tail]
  if (keys.length === 0 || relation.indexes.some(index => leads(index, keys, equal.length))) return null
  return keys
}
