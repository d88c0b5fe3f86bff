import { z } from 'zod'

// The years that both JavaScript and PostgreSQL can write: 0001 to 9999.
const moment = z.int().min(-62_135_596_800_000).max(253_402_300_799_999)

/** A place in a list that is ordered newest first: milliseconds since 1970, and the id that decides between equals. */
export const positionSchema = z.tuple([moment, z.guid()])

export type Position = z.output<typeof positionSchema>
