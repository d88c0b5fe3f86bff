import { Migration } from '@marquee/data'

const profileOwned = { follow: 'follower_id', follower: 'followee_id', watchlist: 'user_id', view: 'user_id' }
const primaryKeys = {
  follow: 'follower_id, followee_id',
  follower: 'followee_id, follower_id',
  watchlist: 'user_id, movie_id',
  view: 'user_id, at, id',
}

/**
 * Rows that shards can share out: each knows the bucket of its owner. The bucket is the last column of each primary
 * key, which so is a replica identity that logical replication can filter by; partitions that are made later inherit
 * it, which an index of its own that is made the identity would not.
 *
 * Rewrites every table of the domain under an exclusive lock, and checks its foreign keys: some seconds for a
 * million rows, in which nobody reads or writes. Nothing is lost; a map is not needed yet, since no trigger runs.
 */
export class M0003Shards extends Migration {
  override up(): void {
    // By what they are: the names that PostgreSQL gave them depend on what there was at the time.
    this.addSql(`
      do $$
      declare key record;
      begin
        for key in select conrelid::regclass as owned, conname as name from pg_constraint
          where contype = 'f' and confrelid = 'profile'::regclass and conparentid = 0
        loop
          execute format('alter table %s drop constraint %I', key.owned, key.name);
        end loop;
      end $$`)
    this.#addBucket('profile', 'id')
    // Unique in a shard is not unique; and while rows move, a handle that was given up may be there still.
    this.addSql(`
      alter table profile
        drop constraint profile_handle_unique,
        drop constraint profile_pkey,
        add primary key (id, bucket),
        add constraint profile_bucket check (bucket = marquee.bucket_of(id::text))`)
    for (const [table, owner] of Object.entries(profileOwned)) {
      this.#addBucket(table, owner)
      this.addSql(`alter table ${table} drop constraint ${table}_pkey`)
      this.addSql(
        `alter table ${table} add primary key (${primaryKeys[table as keyof typeof primaryKeys]}, bucket)`,
      )
      // Of the same owner, so of the same bucket; and what is in its owner's bucket is in the right one.
      this.addSql(
        `alter table ${table} add constraint ${table}_owner foreign key (${owner}, bucket) references profile (id, bucket) on delete cascade`,
      )
    }
    this.#makeHold()
    this.#countByBucket()
    this.#makeDirectory()
    this.#makeTasks()
    for (const table of [
      'profile',
      'follow',
      'follower',
      'watchlist',
      'movie_watchlist_count',
      'view',
      'handle_reservation',
      'follow_task',
    ]) {
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

  /**
   * `hold_keys(keys)` gives the keys back, and keeps their buckets on this shard until the transaction ends.
   * What is read behind it is true now: a shard that has given a bucket away still has its rows for some seconds, and
   * what finds nothing to change would not meet the fence. What writes for several owners begins with it: a mover that
   * takes the buckets in their order too never waits for somebody who waits for the mover.
   */
  #makeHold(): void {
    this.addSql(`
      create function hold_keys(keys text[]) returns text[] language plpgsql as $hold$
      declare
        buckets smallint[] := array(select marquee.bucket_of(key) from unnest(keys) as key);
        own text := (select name from marquee.shard);
        away record;
      begin
        perform from marquee.shard_map m where m.bucket = any(buckets) order by m.bucket for share;
        select m.bucket, m.shard, m.state into away from marquee.shard_map m
          where m.bucket = any(buckets) and (m.state <> 'open' or m.shard <> own) limit 1;
        if found then
          raise exception 'bucket % is not open on shard % (it is %, on shard %)',
            away.bucket, own, away.state, away.shard using errcode = 'MQ001';
        end if;
        return keys;
      end $hold$`)
  }

  /** Each bucket counts its own lists: a bucket that moves takes its part along. */
  #countByBucket(): void {
    this.addSql('drop table movie_watchlist_count')
    this.addSql(`
      create table movie_watchlist_count (
        movie_id uuid not null,
        bucket smallint not null check (bucket between 0 and 1023),
        users integer not null check (users >= 0),
        primary key (movie_id, bucket)
      ) with (fillfactor = 80)`)
    this.addSql(`
      insert into movie_watchlist_count (movie_id, bucket, users)
      select movie_id, bucket, count(*) from watchlist group by movie_id, bucket`)
  }

  /** Who has which handle, by handle: the row is in the handle's bucket, not in the owner's. */
  #makeDirectory(): void {
    this.addSql(`
      create table handle_reservation (
        handle text not null check (handle ~ '^[a-z0-9_]{3,30}$'),
        bucket smallint not null check (bucket = marquee.bucket_of(handle)),
        owner_id uuid not null,
        claim uuid not null default gen_random_uuid(),
        is_pending boolean not null default true,
        at timestamptz(3) not null default clock_timestamp(),
        primary key (handle, bucket)
      )`)
    this.addSql('create index handle_reservation_pending on handle_reservation (at) where is_pending')
    this.addSql(`
      insert into handle_reservation (handle, bucket, owner_id, is_pending)
      select handle, marquee.bucket_of(handle), id, false from profile`)
  }

  /** What is to be carried from the follower's shard to that of the one who is followed. */
  #makeTasks(): void {
    this.addSql(`
      create table follow_task (
        follower_id uuid not null,
        bucket smallint not null,
        followee_id uuid not null,
        claim uuid not null default gen_random_uuid(),
        at timestamptz(3) not null default clock_timestamp(),
        primary key (follower_id, followee_id, bucket),
        foreign key (follower_id, bucket) references profile (id, bucket) on delete cascade
      )`)
    this.addSql('create index follow_task_oldest on follow_task (at)')
  }

  override down(): void {
    this.addSql('drop table follow_task, handle_reservation')
    this.addSql('drop function hold_keys')
    for (const table of Object.keys(profileOwned)) {
      this.addSql(`drop trigger marquee_fence on ${table}`)
      this.addSql(`alter table ${table} drop constraint ${table}_owner`)
      this.addSql(`alter table ${table} drop constraint ${table}_pkey`)
      this.addSql(`alter table ${table} drop column bucket`)
      this.addSql(`alter table ${table} add primary key (${primaryKeys[table as keyof typeof primaryKeys]})`)
    }
    this.addSql(`
      create table whole_count as select movie_id, sum(users)::integer as users from movie_watchlist_count group by movie_id`)
    this.addSql('drop table movie_watchlist_count')
    this.addSql('alter table whole_count rename to movie_watchlist_count')
    this.addSql(`
      alter table movie_watchlist_count
        add primary key (movie_id), alter column users set not null, add check (users >= 0)`)
    this.addSql('drop trigger marquee_fence on profile')
    this.addSql(`
      alter table profile
        drop constraint profile_pkey,
        drop column bucket,
        add primary key (id),
        add constraint profile_handle_unique unique (handle)`)
    for (const [table, owner] of Object.entries(profileOwned)) {
      this.addSql(`alter table ${table} add foreign key (${owner}) references profile on delete cascade`)
    }
  }
}
