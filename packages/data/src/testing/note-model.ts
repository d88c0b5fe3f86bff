import { defineEntity, p } from '@mikro-orm/core'
import { Migration } from '@mikro-orm/migrations'
import type { DomainModel } from '../model.ts'

/** A small sharded model for this package's own tests: notes, by who wrote them. */
export const Note = defineEntity({
  name: 'Note',
  tableName: 'note',
  properties: {
    id: p.integer().primary(),
    bucket: p.smallint(),
    owner: p.string(),
    text: p.string(),
  },
})

class CreateNotes extends Migration {
  override up(): void {
    this
      .addSql(`create table note (id int primary key, bucket smallint not null, owner text not null, text text not null,
      unique (bucket, id))`)
    this.addSql(`alter table note replica identity using index note_bucket_id_key`)
    this.addSql(`select marquee.shard_table('note')`)
  }
}

export const noteModel: DomainModel = {
  domain: 'notes',
  entities: [Note],
  migrations: [{ name: '0001-create-notes', class: CreateNotes }],
  sharded: true,
}
