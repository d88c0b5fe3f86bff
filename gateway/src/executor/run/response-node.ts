import type { Position } from '../compile/position.ts'

/** Arrays without values, by size. A copy of one is cheaper than an array filled anew. */
const blanks: unknown[][] = []

const blankOf = (size: number): unknown[] =>
  (blanks[size] ??= Array.from({ length: size }, () => undefined)).slice()

/** An object of the answer while it is put together from what several fetches say of it. */
export class ResponseNode {
  /** The most exact name known so far: an interface's where only an interface object was seen. */
  typename: string | undefined = undefined
  /** By slot of its position. `undefined` is "nobody said", which is not null. */
  readonly values: unknown[]
  /** What it was written as, and by whom: a node that stands at many places is written once. */
  text = ''
  writtenBy: unknown = undefined

  constructor(position: Position) {
    this.values = blankOf(position.fields.size)
  }
}
