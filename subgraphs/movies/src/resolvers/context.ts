import type { RequestContext } from '@marquee/subgraph'
import type { Loaders } from '../loaders/index.ts'

export type Context = RequestContext<Loaders>

export type PageArgs = Readonly<{ first: number; after?: string | null }>

/** A row beside the name of its type, where an interface or a union must tell it. */
export const asNode = <Row extends object>(
  type: string,
  row: Row | null,
): (Row & { __typename: string }) | null => (row === null ? null : { ...row, __typename: type })
