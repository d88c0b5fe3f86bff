import { Migration } from '@marquee/data'

const owned = { session: 'account_id', api_client: 'owner_id' }

/**
 * Rows that shards can share out: each knows the bucket of its account. The bucket is the last column of each primary
 * key, which so is a replica identity that logical replication can filter by. Tokens and client ids that are out stay
 * good: they do not say where they belong, and are looked for on every shard.
 *
 * Rewrites the tables under an exclusive lock: some seconds for a million rows, in which nobody signs in.
 */
export class M0002Shards extends Migration {
  override up(): void {
    // By what they are: the names that PostgreSQL gave them depend on what there was at the time.
    this.addSql(`
      do $$
      declare key record;
      begin
        for key in select conrelid::regclass as owned, conname as name from pg_constraint
          where contype = 'f' and confrelid in ('account'::regclass, 'session'::regclass)
        loop
          execute format('alter table %s drop constraint %I', key.owned, key.name);
        end loop;
      end $$`)
    this.#addBucket('account', 'id')
    // Unique in a shard is not unique; and while rows move, they are on two.
    this.addSql(`
      alter table account
        drop constraint account_email_key,
        drop constraint account_pkey,
        add primary key (id, bucket),
        add constraint account_bucket check (bucket = marquee.bucket_of(id::text))`)
    for (const [table, owner] of Object.entries(owned)) {
      this.#addBucket(table, owner)
      this.addSql(`
        alter table ${table}
          drop constraint ${table}_pkey,
          add primary key (id, bucket),
          add constraint ${table}_owner foreign key (${owner}, bucket) references account (id, bucket) on delete cascade`)
    }
    this.addSql('alter table refresh_token add column bucket smallint')
    this.addSql('update refresh_token set bucket = session.bucket from session where session.id = session_id')
    this.addSql(`
      alter table refresh_token
        alter column bucket set not null,
        drop constraint refresh_token_pkey,
        add primary key (hash, bucket),
        add constraint refresh_token_owner
          foreign key (session_id, bucket) references session (id, bucket) on delete cascade`)
    this.#makeDirectory()
    for (const table of ['account', 'session', 'refresh_token', 'api_client', 'email_reservation']) {
      this.addSql(`select marquee.shard_table('${table}')`)
    }
  }

  /** Generated, so that what is there gets it in one rewrite; then plain, since replication writes to no other. */
  #addBucket(table: string, owner: string): void {
    this.addSql(
      `alter table ${table} add column bucket smallint not null generated always as (marquee.bucket_of(${owner}::text)) stored`,
    )
    this.addSql(`alter table ${table} alter column bucket drop expression`)
  }

  /** Whose an address is, by address: the row is in the address's bucket, not in the account's. */
  #makeDirectory(): void {
    this.addSql(`
      create table email_reservation (
        email text not null check (email = lower(email)),
        bucket smallint not null check (bucket = marquee.bucket_of(email)),
        owner_id uuid not null,
        claim uuid not null default gen_random_uuid(),
        is_pending boolean not null default true,
        at timestamptz(3) not null default clock_timestamp(),
        primary key (email, bucket)
      )`)
    this.addSql('create index email_reservation_pending on email_reservation (at) where is_pending')
    this.addSql(`
      insert into email_reservation (email, bucket, owner_id, is_pending)
      select email, marquee.bucket_of(email), id, false from account`)
  }

  override down(): void {
    this.addSql('drop table email_reservation')
    for (const table of ['account', 'session', 'refresh_token', 'api_client']) {
      this.addSql(`drop trigger marquee_fence on ${table}`)
    }
    this.addSql(`
      alter table refresh_token
        drop constraint refresh_token_owner, drop constraint refresh_token_pkey, drop column bucket, add primary key (hash)`)
    for (const table of Object.keys(owned)) {
      this.addSql(`
        alter table ${table}
          drop constraint ${table}_owner, drop constraint ${table}_pkey, drop column bucket, add primary key (id)`)
    }
    this.addSql(`
      alter table account
        drop constraint account_pkey, drop column bucket,
        add primary key (id), add constraint account_email_key unique (email)`)
    for (const [table, owner] of Object.entries(owned)) {
      this.addSql(`alter table ${table} add foreign key (${owner}) references account on delete cascade`)
    }
    this.addSql('alter table refresh_token add foreign key (session_id) references session on delete cascade')
  }
}
