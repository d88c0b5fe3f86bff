import { createHash } from 'node:crypto'
import { quoteName } from './quote.ts'
import type { Relation } from './relation.ts'

/** A key of an index: a column, and `desc` and the like behind it. */
export type IndexKey = Readonly<{ column: string; order?: string }>

const longestName = 63 // NAMEDATALEN - 1

const cut = (name: string): string =>
  Buffer.byteLength(name) <= longestName
    ? name
    : `${name.slice(0, longestName - 9)}_${createHash('sha1').update(name).digest('hex').slice(0, 8)}`

/**
 * The statements that make an index while readers and writers go on. On a partitioned table CONCURRENTLY is not to be
 * had: the index is declared on the table alone, built on each partition, and attached.
 */
export const createIndexSql = (relation: Relation, keys: readonly IndexKey[]): readonly string[] => {
  const list = keys.map(({ column, order }) => quoteName(column) + (order === undefined ? '' : ` ${order}`))
  const suffix = `${keys.map(({ column }) => column).join('_')}_idx`
  const name = cut(`${relation.name}_${suffix}`)
  const on = (table: string): string => `on ${table} (${list.join(', ')})`
  if (relation.leaves.length === 0) {
    return [`create index concurrently ${quoteName(name)} ${on(relation.sqlName)}`]
  }
  if (relation.isNested) return [`create index ${quoteName(name)} ${on(relation.sqlName)}`]
  const schemaOf = (table: string): string => (table.includes('.') ? `${table.split('.')[0]}.` : '')
  const parts = relation.leaves.map((table, at) => ({ table, index: quoteName(cut(`${name}_${at}`)) }))
  return [
    `create index if not exists ${quoteName(name)} ${on(`only ${relation.sqlName}`)}`,
    ...parts.map(({ table, index }) => `create index concurrently ${index} ${on(table)}`),
    ...parts.map(
      ({ table, index }) =>
        `alter index ${schemaOf(relation.sqlName)}${quoteName(name)} attach partition ${schemaOf(table)}${index}`,
    ),
  ]
}
