import { defineEntity, p, type InferEntity } from '@marquee/data'

const properties = { id: p.uuid().primary(), name: p.text(), searchText: p.text().hidden() }

export const PersonEntity = defineEntity({ name: 'Person', tableName: 'person', properties })
export const StudioEntity = defineEntity({ name: 'Studio', tableName: 'studio', properties })
export const GenreEntity = defineEntity({ name: 'Genre', tableName: 'genre', properties })

/** A row of person, studio or genre. */
export type NamedRow = Readonly<InferEntity<typeof PersonEntity>>
