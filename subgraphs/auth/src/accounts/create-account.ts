import { MarqueeError } from '@marquee/contract'
import {
  bucketOf,
  claimLastsMs,
  claimValues,
  holdOwners,
  isMoving,
  settleClaims,
  sqlRows,
  type EntityManager,
  type ShardedDatabase,
} from '@marquee/data'
import type { AccountRow } from '../entities/account.ts'
import { newAccountId } from '../ids/time-ordered-id.ts'
import { accountColumns, toAccount, type AccountSqlRow } from './account-columns.ts'
import { emailDirectory } from './email-directory.ts'

/*
 * A sign-up is written on two shards: the address on its own, the account on its own. Where both are one, one transaction
 * writes both. Else the address is claimed, the account is made, the claim is confirmed; wherever that breaks off, the
 * account says whether the address is in use, and the sweeper follows it.
 *
 * The id could be chosen so that both are always one. It would tell ten bits of the address's hash to everybody.
 */

/** An account that is not there yet. */
export type NewAccount = Readonly<{ email: string; name: string; passwordHash: string }>

/** What is written with the account, in its transaction. It may run again. */
type AndThen<T> = (em: EntityManager, account: AccountRow) => Promise<T>

type Created<T> = Readonly<{ account: AccountRow; more: T }>

const maxAttempts = 3

const values = (id: string, { email, name, passwordHash }: NewAccount): readonly unknown[] => [
  id,
  bucketOf(id),
  email,
  name,
  passwordHash,
]

const insert =
  'insert into account (id, bucket, email, name, password_hash) select $1::uuid, $2::smallint, $3, $4, $5'

const first = async (
  em: EntityManager,
  sql: string,
  params: readonly unknown[],
): Promise<AccountRow | undefined> => {
  const [row] = await sqlRows<AccountSqlRow>(em, sql, params)
  return row === undefined ? undefined : toAccount(row)
}

/** @throws EMAIL_TAKEN */
const onOneShard = <T>(
  database: ShardedDatabase,
  id: string,
  account: NewAccount,
  andThen: AndThen<T>,
): Promise<Created<T>> =>
  database.transaction(id, async em => {
    await holdOwners(em, [id, account.email])
    const made = await first(
      em,
      `with reserved as (
         insert into email_reservation (email, bucket, owner_id, is_pending) values ($3, $6, $1, false)
         on conflict do nothing returning email
       )
       ${insert} from reserved returning ${accountColumns}`,
      [...values(id, account), bucketOf(account.email)],
    )
    if (made === undefined) throw new MarqueeError('EMAIL_TAKEN')
    return { account: made, more: await andThen(em, made) }
  })

/** @returns undefined when the claim was too old for it */
const onItsShard = async <T>(
  database: ShardedDatabase,
  id: string,
  account: NewAccount,
  until: Date,
  andThen: AndThen<T>,
): Promise<Created<T> | undefined> =>
  database.transaction(id, async em => {
    const made = await first(
      em,
      `${insert} where clock_timestamp() < $6::timestamptz returning ${accountColumns}`,
      [...values(id, account), until],
    )
    return made === undefined ? undefined : { account: made, more: await andThen(em, made) }
  })

const acrossShards = async <T>(
  database: ShardedDatabase,
  account: NewAccount,
  andThen: AndThen<T>,
): Promise<Created<T>> => {
  const id = newAccountId()
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const { rows, failed } = await claimValues(database, emailDirectory, [
      { value: account.email, ownerId: id },
    ])
    for (const error of failed.values()) throw error
    const [claim] = rows
    if (claim === undefined) throw new MarqueeError('EMAIL_TAKEN')
    const settle = (isUsed: boolean): Promise<void> =>
      settleClaims(database, emailDirectory, [{ claim, isUsed }])
    let mayBeThere = false
    const created = await onItsShard(
      database,
      id,
      account,
      new Date(claim.at.getTime() + claimLastsMs),
      async (em, made) => {
        const more = await andThen(em, made)
        mayBeThere = true
        return more
      },
    ).catch(async (error: unknown) => {
      // From the commit on nobody here knows: the sweeper asks.
      if (!mayBeThere) await settle(false)
      throw error
    })
    await settle(created !== undefined)
    if (created !== undefined) return created
  }
  throw new MarqueeError('EMAIL_TAKEN')
}

/**
 * Makes an account with the role MEMBER.
 * @param andThen  writes what belongs to it, in the same transaction
 * @throws EMAIL_TAKEN, also when somebody takes the address at the same moment, and for up to two minutes when somebody
 *   began to; SHARD_UNAVAILABLE, BUCKET_MOVING
 */
export const createAccount = async <T>(
  database: ShardedDatabase,
  account: NewAccount,
  andThen: AndThen<T>,
): Promise<Created<T>> => {
  const id = newAccountId()
  const map = database.map()
  if (map.shardOf(bucketOf(id)) === map.shardOf(bucketOf(account.email))) {
    try {
      return await onOneShard(database, id, account, andThen)
    } catch (error) {
      // One of the two buckets moves.
      if (!isMoving(error)) throw error
    }
  }
  return acrossShards(database, account, andThen)
}
