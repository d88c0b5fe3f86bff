import { defineEntity, p } from '@marquee/data'

/** Whose an email address is, or is about to be. Owned by the address: it is in the address's bucket. */
export const EmailReservation = defineEntity({
  name: 'EmailReservation',
  tableName: 'email_reservation',
  properties: {
    /** Lower case. */
    email: p.text().primary(),
    bucket: p.smallint(),
    /** The account's id. */
    ownerId: p.uuid(),
    /** Which sign-up wrote the row. */
    claim: p.uuid(),
    /** The account may be made just now: whether it is there, its own shard says. */
    isPending: p.boolean(),
    at: p.datetime(3),
  },
})
