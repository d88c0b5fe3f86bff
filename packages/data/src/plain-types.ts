import pg from 'pg'

type TypeId = Parameters<typeof pg.types.getTypeParser>[0]

/** Reads a PostgreSQL array of anything as an array of text. */
export const parseTextArray = (text: string): (string | null)[] =>
  pg.types.getTypeParser(1009 as TypeId, 'text')(text) as (string | null)[] // text[]

const integer = (text: string): number | string => {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.INT8]: integer,
  1016: text => parseTextArray(text).map(item => (item === null ? null : integer(item))), // int8[]
  [pg.types.builtins.DATE]: text => text, // a day has no time zone, so it is no Date
  1182: parseTextArray, // date[]
}

/** How rows of hand-written SQL are read: timestamps as Date, days as text, bigint as number where it is exact. */
export const plainTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: TypeId, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers[oid]) ?? pg.types.getTypeParser(oid, format),
}

// Kysely hands the parameters on as the very array it was given, and nothing else of the call.
const marked = new WeakSet<readonly unknown[]>()

export const withPlainTypes = (values: readonly unknown[]): unknown[] => {
  const copy = [...values]
  marked.add(copy)
  return copy
}

export const wantsPlainTypes = (values: readonly unknown[]): boolean => marked.has(values)
