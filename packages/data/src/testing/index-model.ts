import { Migration } from '@mikro-orm/migrations'
import type { DomainModel } from '../model.ts'

class CreateFilm extends Migration {
  override up(): void {
    this.addSql('create table film (id int primary key, title text not null)')
  }
}

class IndexFilm extends Migration {
  override isTransactional(): boolean {
    return false
  }
  override up(): void {
    this.addSql('create index concurrently film_title on film (title)')
  }
}

/** A model with an index that is built beside the traffic. */
export const indexModel: DomainModel = {
  domain: 'films',
  entities: [],
  migrations: [
    { name: '0001-create', class: CreateFilm },
    { name: '0002-index', class: IndexFilm },
  ],
}
