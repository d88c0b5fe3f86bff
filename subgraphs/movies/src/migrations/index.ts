import type { DomainModel } from '@marquee/data'
import { Catalogue } from './catalogue.ts'
import { Reviews } from './reviews.ts'
import { Search } from './search.ts'

export const migrations: DomainModel['migrations'] = Object.freeze([
  { name: '0001-catalogue', class: Catalogue },
  { name: '0002-reviews', class: Reviews },
  { name: '0003-search', class: Search },
])
