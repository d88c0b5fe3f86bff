import { Migration } from '@marquee/data'

/**
 * Each row belongs to one user, its owner, and the owner's column leads its keys: rows can be spread over shards by
 * owner, and no statement has to join rows of two owners. Moments are kept to the millisecond, which is what a
 * cursor can say: a finer one would let a page skip or repeat a row.
 */
export class M0001Profiles extends Migration {
  override up(): void {
    // Counts live with the user whose lists they count: each is one column of a row that is read anyway, where
    // counting would cost a popular user's page an index scan of all followers.
    this.addSql(`
      create table profile (
        id uuid primary key,
        handle text not null constraint profile_handle_unique unique check (handle ~ '^[a-z0-9_]{3,30}$'),
        name text not null check (char_length(name) between 1 and 80),
        bio text check (char_length(bio) <= 500),
        favourite_genres text[] not null default '{}' check (cardinality(favourite_genres) <= 10),
        follower_count integer not null default 0 check (follower_count >= 0),
        following_count integer not null default 0 check (following_count >= 0),
        created_at timestamptz(3) not null default now()
      ) with (fillfactor = 80)`)
    // One fact, two lists with two owners. A single table would need its second index led by somebody who is not
    // the owner, and so a question to every shard for one user's followers.
    this.addSql(`
      create table follow (
        follower_id uuid not null references profile on delete cascade,
        followee_id uuid not null,
        followed_at timestamptz(3) not null default clock_timestamp(),
        primary key (follower_id, followee_id),
        check (follower_id <> followee_id)
      )`)
    this.addSql('create index follow_newest on follow (follower_id, followed_at, followee_id)')
    this.addSql(`
      create table follower (
        followee_id uuid not null references profile on delete cascade,
        follower_id uuid not null,
        followed_at timestamptz(3) not null,
        primary key (followee_id, follower_id)
      )`)
    this.addSql('create index follower_newest on follower (followee_id, followed_at, follower_id)')
    this.addSql(`
      create table watchlist (
        user_id uuid not null references profile on delete cascade,
        movie_id uuid not null,
        added_at timestamptz(3) not null default clock_timestamp(),
        primary key (user_id, movie_id)
      )`)
    this.addSql('create index watchlist_newest on watchlist (user_id, added_at, movie_id)')
    // The one number that crosses owners. Counting by an index on movie_id would read a row for each of a popular
    // movie's watchers at every look; this reads one. On shards it stays with the lists: each shard counts its own
    // (the key gains the owner's bucket, so that a bucket that moves takes its part along), and a read adds them up.
    this.addSql(`
      create table movie_watchlist_count (
        movie_id uuid primary key,
        users integer not null check (users >= 0)
      ) with (fillfactor = 80)`)
    // The moment is in the primary key so that the table can be partitioned by month; the key read backwards is the
    // history, newest first.
    this.addSql(`
      create table view (
        user_id uuid not null references profile on delete cascade,
        at timestamptz(3) not null,
        id uuid not null default uuidv7(),
        movie_id uuid not null,
        primary key (user_id, at, id)
      )`)
    this.addSql('create index view_movie on view (user_id, movie_id, at)')
  }

  override down(): void {
    this.addSql('drop table view, movie_watchlist_count, watchlist, follower, follow, profile')
  }
}
