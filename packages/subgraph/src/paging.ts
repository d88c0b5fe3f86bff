import { MarqueeError } from '@marquee/contract'
import type { z } from 'zod'

const encodeCursor = (position: unknown): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url')

const decodeCursor = <C>(schema: z.ZodType<C>, cursor: string): C => {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (cause) {
    throw new MarqueeError('INVALID_CURSOR', { cursor: cursor.slice(0, 80) }, { cause })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new MarqueeError('INVALID_CURSOR', { cursor: cursor.slice(0, 80) })
  return parsed.data
}

/**
 * Checks the size of a list that is not paged.
 * @param options.argument  its name in the schema, for the message
 * @throws PAGE_SIZE_OUT_OF_RANGE unless 1 <= value <= max
 */
export const readSize = (value: number, options: Readonly<{ argument: string; max: number }>): number => {
  const { argument, max } = options
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new MarqueeError('PAGE_SIZE_OUT_OF_RANGE', { argument, value, max })
  }
  return value
}

/**
 * Reads the arguments of a Relay connection. Ask the database for `limit + 1` rows after the position `after`, and
 * hand all of them to `toConnection`.
 * @param options.cursor    zod schema of a position, as `cursorOf` of `toConnection` makes it (plain JSON)
 * @param options.max       largest page, 100 unless told
 * @param options.argument  name of the size argument, `first` unless told
 * @throws PAGE_SIZE_OUT_OF_RANGE, INVALID_CURSOR
 */
export const readPage = <C>(
  args: Readonly<{ first: number; after?: string | null | undefined }>,
  options: Readonly<{ cursor: z.ZodType<C>; max?: number; argument?: string }>,
): Readonly<{ limit: number; after: C | null }> => {
  const { cursor, max = 100, argument = 'first' } = options
  const limit = readSize(args.first, { argument, max })
  const after = args.after ?? null
  return { limit, after: after === null ? null : decodeCursor(cursor, after) }
}

/** A page, after the Relay Cursor Connections Specification, with `nodes` beside `edges`. */
export type Connection<Node, Extra = unknown> = Readonly<{
  edges: readonly (Readonly<{ node: Node; cursor: string }> & Extra)[]
  nodes: readonly Node[]
  pageInfo: Readonly<{
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }>
  /** A function is called only when the client asks for the field. */
  totalCount?: number | (() => Promise<number>)
}>

/**
 * Makes a Relay connection.
 * @param rows  up to `limit + 1` rows in order: the one too many tells that there is a next page
 * @param options.after     position that `readPage` gave; null on the first page
 * @param options.cursorOf  position of a row: everything the order looks at, as plain JSON
 * @param options.nodeOf    what the node resolves from
 * @param options.edge      further fields of the edge
 */
export const toConnection = <Row, C, Node, Extra extends object = object>(
  rows: readonly Row[],
  options: Readonly<{
    limit: number
    after: C | null
    cursorOf: (row: Row) => C
    nodeOf: (row: Row) => Node
    edge?: (row: Row) => Extra
    totalCount?: number | (() => Promise<number>)
  }>,
): Connection<Node, Extra> => {
  const { limit, after, cursorOf, nodeOf, edge, totalCount } = options
  const edges = rows.slice(0, limit).map(row => ({
    ...(edge?.(row) as Extra),
    node: nodeOf(row),
    cursor: encodeCursor(cursorOf(row)),
  }))
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: rows.length > limit,
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    ...(totalCount === undefined ? {} : { totalCount }),
  }
}
