import { defineEntity, p } from '@mikro-orm/core'
import { Migration } from '@mikro-orm/migrations'
import type { DomainModel } from '../model.ts'

/** A small model for this package's own tests. */
export const Film = defineEntity({
  name: 'Film',
  tableName: 'film',
  properties: {
    id: p.uuid().primary(),
    title: p.string().unique(),
    seenAt: p.datetime().fieldName('seen_at').nullable(),
    director: () => p.manyToOne(Person).joinColumn('director_id').nullable(),
  },
})

export const Person = defineEntity({
  name: 'Person',
  tableName: 'person',
  properties: {
    id: p.uuid().primary(),
    name: p.string(),
    films: () => p.oneToMany(Film).mappedBy('director'),
  },
})

class CreateFilms extends Migration {
  override up(): void {
    this.addSql('create table person (id uuid primary key, name text not null)')
    this.addSql(
      'create table film (id uuid primary key, title text not null unique, seen_at timestamptz, director_id uuid references person)',
    )
  }
}

// Slow, so that processes which migrate at once do meet.
class AddCounter extends Migration {
  override up(): void {
    this.addSql('create table counter (n int not null)')
    this.addSql('select pg_sleep(0.2)')
    this.addSql('insert into counter values (1)')
  }
}

export const filmModel: DomainModel = {
  domain: 'films',
  entities: [Film, Person],
  migrations: [
    { name: '0001-create-films', class: CreateFilms },
    { name: '0002-add-counter', class: AddCounter },
  ],
}
