import { Migration } from '@marquee/data'

/**
 * Viewing history, partitioned by month: it grows without end, and the oldest of it goes by dropping a table. What was
 * seen before this month lies in one partition; months to come are made ahead (`data.partitions`).
 */
export class M0002ViewsByMonth extends Migration {
  override up(): void {
    this.addSql('alter table view rename to view_unparted')
    this.addSql('alter index view_pkey rename to view_unparted_pkey')
    this.addSql('alter index view_movie rename to view_unparted_movie')
    this.addSql(`
      create table view (
        user_id uuid not null references profile on delete cascade,
        at timestamptz(3) not null,
        id uuid not null default uuidv7(),
        movie_id uuid not null,
        primary key (user_id, at, id)
      ) partition by range (at)`)
    this.addSql('create index view_movie on view (user_id, movie_id, at)')
    // A view may be a few minutes ahead of our clock, and this month may end before the next one has its partition.
    this.addSql(`
      do $$
      declare
        this_month timestamptz := date_trunc('month', now(), 'UTC');
        following timestamptz := date_trunc('month', this_month + interval '40 days', 'UTC');
        after_that timestamptz := date_trunc('month', following + interval '40 days', 'UTC');
      begin
        execute format('create table view_before partition of view for values from (minvalue) to (%L)', this_month);
        execute format('create table %I partition of view for values from (%L) to (%L)',
          'view_' || to_char(this_month at time zone 'UTC', 'YYYY_MM'), this_month, following);
        execute format('create table %I partition of view for values from (%L) to (%L)',
          'view_' || to_char(following at time zone 'UTC', 'YYYY_MM'), following, after_that);
      end $$`)
    this.addSql(
      'insert into view (user_id, at, id, movie_id) select user_id, at, id, movie_id from view_unparted',
    )
    this.addSql('drop table view_unparted')
  }

  override down(): void {
    this.addSql('create table view_unparted (like view including all)')
    this.addSql('insert into view_unparted select * from view')
    this.addSql('drop table view')
    this.addSql('alter table view_unparted rename to view')
    this.addSql('alter table view add foreign key (user_id) references profile on delete cascade')
  }
}
