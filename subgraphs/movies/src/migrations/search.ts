import { Migration } from '@marquee/data'

/** The ranked search over names, as a function, so that its thresholds hold for nothing else. */
export class Search extends Migration {
  override up(): void {
    // Loads the library, without which the thresholds below are unknown settings.
    this.addSql('select show_limit()')
    const from = (kind: string, rank: string): string => `
      (select '${kind}' as kind, id, ${rank} as rank,
              (0.6 * word_similarity(query, search_text) + 0.4 * similarity(search_text, query))::double precision as score
         from ${kind}
        where '${kind}' = any(kinds) and (search_text % query or query <% search_text)
        order by score desc, rank desc, id limit size)`
    this.addSql(`create function search_catalogue(query text, kinds text[], size integer)
      returns table (kind text, id uuid, score double precision)
      language sql stable
      set pg_trgm.similarity_threshold = 0.3
      set pg_trgm.word_similarity_threshold = 0.45
      as $$
        select kind, id, score from (
          ${from('movie', 'coalesce(imdb_votes, 0)')}
          union all ${from('person', '0')}
          union all ${from('studio', '0')}
        ) hit
        order by score desc, rank desc, kind, id
        limit size
      $$`)
  }
}
