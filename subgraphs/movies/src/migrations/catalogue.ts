import { Migration } from '@marquee/data'

/** People, studios, genres and movies. */
export class Catalogue extends Migration {
  override up(): void {
    this.addSql('create extension if not exists pg_trgm')
    for (const table of ['person', 'studio', 'genre']) {
      // `search_text` is the name in lower case without accents; collated by bytes, so that its order is the same on
      // every server. See search-text.ts.
      this.addSql(`create table ${table} (
        id uuid primary key,
        name text not null,
        search_text text collate "C" not null
      )`)
    }
    this.addSql(`create table movie (
      id uuid primary key,
      import_key text not null,
      import_hash bytea not null,
      title text not null check (title <> ''),
      search_text text collate "C" not null,
      release_date date,
      running_time_minutes integer check (running_time_minutes > 0),
      mpaa_rating text check (mpaa_rating in ('G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open')),
      director_id uuid references person (id),
      studio_id uuid references studio (id),
      source text,
      creative_type text,
      production_budget bigint check (production_budget >= 0),
      us_gross bigint check (us_gross >= 0),
      worldwide_gross bigint check (worldwide_gross >= 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      imdb_rating double precision check (imdb_rating between 1 and 10),
      imdb_votes integer check (imdb_votes >= 0),
      rotten_tomatoes_rating smallint check (rotten_tomatoes_rating between 0 and 100),
      rating_count integer not null default 0 check (rating_count >= 0),
      rating_sum integer not null default 0,
      rating_average double precision generated always as
        (case when rating_count > 0 then rating_sum::double precision / rating_count end) stored
    )`)
    // One index for each order of `movies`, walked either way: the rows without a value are read apart (movie-pages.ts).
    for (const column of [
      'search_text',
      'release_date',
      'imdb_votes',
      'imdb_rating',
      'worldwide_gross',
      'rating_average',
    ]) {
      this.addSql(`create index movie_by_${column} on movie (${column}, id)`)
    }
    // Films of one person or studio, newest first, those without a date last: one range of one index.
    for (const owner of ['director_id', 'studio_id']) {
      this.addSql(
        `create index movie_by_${owner} on movie (${owner}, coalesce(release_date, date '-infinity') desc, id desc)`,
      )
    }
    // `released` repeats the movie's release date (-infinity for none), so that a page of a genre is one range, too.
    this.addSql(`create table movie_genre (
      movie_id uuid not null references movie (id) on delete cascade,
      genre_id uuid not null references genre (id),
      released date not null,
      primary key (movie_id, genre_id)
    )`)
    this.addSql('create index movie_genre_by_genre on movie_genre (genre_id, released desc, movie_id desc)')
    this.addSql('create index genre_by_search_text on genre (search_text, id)')
    for (const table of ['movie', 'person', 'studio']) {
      this.addSql(`create index ${table}_search on ${table} using gin (search_text gin_trgm_ops)`)
    }
  }
}
