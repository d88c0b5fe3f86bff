import { Migration } from '@mikro-orm/migrations'
import type { MigrationEntry } from '../model.ts'

/** SQLSTATE of the fence: the row's bucket is not this shard's, or is being moved. */
export const fenceState = 'MQ001'

const tables = `
create schema if not exists marquee;
create table marquee.shard (
  "only" boolean primary key default true check ("only"),
  name text not null,
  map_version bigint not null
);
create table marquee.shard_map (
  bucket smallint primary key check (bucket between 0 and 1023),
  shard text not null,
  state text not null default 'open' check (state in ('open', 'fenced')),
  version bigint not null
)`

// A role that is called "marquee" has this schema first in its search path ("$user"): what its migrations create would be
// made here, beside what is there already.
const pathWithoutUser = `regexp_replace(current_setting('search_path'), '"\\$user"\\s*,?\\s*', '')`

/** For a connection that is older than the schema: what it creates is made where it always was. */
export const leaveShardSchema = `select set_config('search_path', ${pathWithoutUser}, false)
  where current_schema() = 'marquee'`

const searchPath = `do $do$ begin
  if current_schema() = 'marquee' then
    execute format('alter database %I set search_path = %s', current_database(), ${pathWithoutUser});
    perform set_config('search_path', ${pathWithoutUser}, false);
  end if;
end $do$`

// The extension may be there already, in any schema.
const bucketOf = `do $do$
declare crypto text;
begin
  create extension if not exists pgcrypto with schema marquee;
  select format('%I', n.nspname) into crypto
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgcrypto';
  execute format($make$
    create function marquee.bucket_of(key text) returns smallint
    language plpgsql immutable strict parallel safe as $body$
    declare digest bytea := %s.digest(convert_to(
      case when key ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then lower(key) else key end,
      'UTF8'), 'sha1');
    begin
      return (get_byte(digest, 0) * 256 + get_byte(digest, 1)) %% 1024;
    end $body$
  $make$, crypto);
end $do$`

// FOR SHARE: whoever fences the bucket waits for writers in progress, and a REPEATABLE READ writer that began before
// the fence gets 40001. An advisory lock would let that one through. Nothing is locked in marquee.shard: its row is
// one for all.
const fence = `create function marquee.fence() returns trigger language plpgsql as $fence$
declare
  wanted smallint := case when tg_op = 'DELETE' then old.bucket else new.bucket end;
  own text;
  owner text;
  condition text;
begin
  select s.name into own from marquee.shard s;
  select m.shard, m.state into owner, condition from marquee.shard_map m where m.bucket = wanted for share;
  if owner is distinct from own or condition is distinct from 'open' then
    raise exception 'bucket % is not open on shard % (it is %, on shard %)',
      wanted, coalesce(own, '?'), coalesce(condition, 'unknown'), coalesce(owner, '?')
      using errcode = '${fenceState}';
  end if;
  if tg_op = 'UPDATE' and new.bucket <> old.bucket then
    raise exception 'bucket % of a row of % cannot become bucket %', old.bucket, tg_table_name, new.bucket
      using errcode = '${fenceState}';
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  return new;
end $fence$`

const shardTable = `create function marquee.shard_table(name regclass) returns void language plpgsql as $table$
begin
  execute format('create trigger marquee_fence before insert or update or delete on %s
    for each row execute function marquee.fence()', name);
end $table$`

class CreateShardSchema extends Migration {
  override up(): void {
    for (const sql of [tables, searchPath, bucketOf, fence, shardTable]) this.addSql(sql)
  }
}

/**
 * The schema `marquee` of a sharded database, made before what its domain makes: `shard` (which one this is),
 * `shard_map` (a copy of the whole map), `bucket_of(text)`, and `shard_table(regclass)`, which puts the trigger `fence`
 * on a table with a `bucket smallint not null`. The column must be filled before triggers run, so it cannot be a
 * generated one. Fill the buckets of rows that are there before the table gets its fence: until the shard has a
 * map, the fence lets nothing through.
 */
export const shardMigrations: readonly MigrationEntry[] = [
  { name: 'marquee-0001-shards', class: CreateShardSchema },
]
