import { Migration } from '@marquee/data'

const partitions = 8

/** Reviews, and the summary of them that each movie keeps. */
export class Reviews extends Migration {
  override up(): void {
    // The one table that grows without end. It is partitioned by hash of the movie from the start, since a table cannot
    // be turned into a partitioned one in place: a movie's reviews, its uniqueness per author and its summary all live
    // in one partition. The price is that PostgreSQL cannot enforce `unique (id)` (the key must hold the partition
    // column), and that finding a review by its id alone looks into the small index of each partition. Ids are UUIDv7
    // made here, so they are unique without being checked; and a review is looked up alone only to be edited or when
    // another subgraph names it, in batches.
    this.addSql(`create table review (
      id uuid not null default uuidv7(),
      movie_id uuid not null references movie (id),
      author_id uuid not null,
      stars smallint not null check (stars between 1 and 5),
      text text not null check (text <> ''),
      created_at timestamptz(3) not null default clock_timestamp(),
      edited_at timestamptz(3),
      primary key (movie_id, id),
      unique (movie_id, author_id)
    ) partition by hash (movie_id)`)
    for (let remainder = 0; remainder < partitions; remainder += 1) {
      this.addSql(
        `create table review_${remainder} partition of review for values with (modulus ${partitions}, remainder ${remainder})`,
      )
    }
    this.addSql('create index review_by_id on review (id)')
    this.addSql('create index review_by_movie on review (movie_id, created_at, id)')
    this.addSql('create index review_by_stars on review (movie_id, stars, created_at, id)')
    this.addSql('create index review_by_author on review (author_id, created_at, id)')
    this.#keepSummary()
  }

  /**
   * Once per statement, not per row, so that adding many reviews at once updates each movie once. Movies are locked
   * first, in the order of their ids, so that two such statements cannot deadlock. That takes a statement of its own:
   * an update that locks in its own WITH still goes by the rows as they were when it began, and then deadlocks even
   * over a single movie.
   */
  #keepSummary(): void {
    const changes = {
      insert: 'select movie_id, 1 as count, stars as sum from after',
      delete: 'select movie_id, -1 as count, -stars as sum from before',
      update: `select movie_id, 1 as count, stars as sum from after
               union all select movie_id, -1 as count, -stars as sum from before`,
    }
    const tables = {
      insert: 'new table as after',
      delete: 'old table as before',
      update: 'old table as before new table as after',
    }
    for (const event of ['insert', 'delete', 'update'] as const) {
      this.addSql(`create function review_summary_after_${event}() returns trigger language plpgsql as $$
        begin
          perform from movie m
            where m.id in (select movie_id from (${changes[event]}) each) order by m.id for no key update;
          update movie m set rating_count = m.rating_count + change.count, rating_sum = m.rating_sum + change.sum
            from (select movie_id, sum(count)::integer as count, sum(sum)::integer as sum
                    from (${changes[event]}) each group by movie_id) change
           where m.id = change.movie_id and (change.count <> 0 or change.sum <> 0);
          return null;
        end $$`)
      this.addSql(`create trigger review_summary_after_${event} after ${event} on review
        referencing ${tables[event]} for each statement execute function review_summary_after_${event}()`)
    }
  }
}
