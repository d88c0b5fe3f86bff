import { defineEntity, p, type InferEntity } from '@marquee/data'

export const roles = ['MEMBER', 'MODERATOR', 'ADMIN'] as const
export type Role = (typeof roles)[number]

/** A person who can sign in. Its UUID is also that of the profile in the users subgraph. */
export const Account = defineEntity({
  name: 'Account',
  tableName: 'account',
  properties: {
    id: p.uuid().primary(),
    /** Lower case; unique. */
    email: p.text().unique(),
    name: p.text(),
    passwordHash: p.text(),
    roles: p.array().columnType('text[]').$type<Role[]>(),
    createdAt: p.datetime(),
  },
})

export type AccountRow = InferEntity<typeof Account>
