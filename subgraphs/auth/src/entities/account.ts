import { defineEntity, p, type InferEntity } from '@marquee/data'

export const roles = ['MEMBER', 'MODERATOR', 'ADMIN'] as const
export type Role = (typeof roles)[number]

/** A person who can sign in. Owns itself, its sessions and its clients. Its UUID is also that of the profile in the users subgraph. */
export const Account = defineEntity({
  name: 'Account',
  tableName: 'account',
  properties: {
    id: p.uuid().primary(),
    /** The bucket of the id; what belongs to the account has the same. */
    bucket: p.smallint(),
    /** Lower case; unique: `email_reservation` sees to that. */
    email: p.text(),
    name: p.text(),
    passwordHash: p.text(),
    roles: p.array().columnType('text[]').$type<Role[]>(),
    createdAt: p.datetime(),
  },
})

export type AccountRow = InferEntity<typeof Account>
