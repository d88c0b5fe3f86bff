import { sqlRows, type Directory } from '@marquee/data'

/** Handles are unique over all shards. A row is pending while its owner's profile is about to take the handle or to leave it. */
export const handleDirectory: Directory = Object.freeze<Directory>({
  table: 'handle_reservation',
  column: 'handle',
  valuesOf: async (em, ownerIds) => {
    const rows = await sqlRows<{ id: string; handle: string }>(
      em,
      'select id, handle from profile where id = any($1::uuid[])',
      [ownerIds],
    )
    return new Map(rows.map(row => [row.id, row.handle]))
  },
})
