import { defineEntity, p } from '@marquee/data'

/** Who has a handle, or is about to. Owned by the handle: it is in the handle's bucket. */
export const HandleReservationEntity = defineEntity({
  name: 'HandleReservation',
  tableName: 'handle_reservation',
  properties: {
    handle: p.text().primary(),
    bucket: p.smallint(),
    ownerId: p.uuid(),
    /** Which attempt to take or leave the handle wrote the row last. */
    claim: p.uuid(),
    /** The owner's profile says whether the handle is in use: it may be taken or left just now. */
    isPending: p.boolean(),
    at: p.datetime(3),
  },
})
