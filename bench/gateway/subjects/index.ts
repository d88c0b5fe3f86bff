import { floor } from './floor.ts'
import { marquee } from './marquee.ts'
import { peers } from './peers.ts'
import type { Subject } from './subject.ts'

export const marqueeSubject = marquee('marquee', 'Marquee')
export const marqueeAlone = marquee('marquee-alone', 'Marquee, sharing and coalescing off', {
  sharing: false,
  coalescing: false,
})
export const marqueeProbed = marquee('marquee-probed', 'Marquee, probed', { isProbed: true })
/** On any core: planning has a thread of its own, and a stall made by sharing one core would be the scheduler's. */
export const marqueePlanning = marquee('marquee-planning', 'Marquee, planning', {
  isProbed: true,
  core: 'any',
})
export const stock = peers[0] as Subject

/** What the floors repeat, and who it is recorded from. */
export const recordings = Object.freeze([
  { file: 'as-marquee.json', from: marqueeAlone, floors: ['floor', 'floor-shared'] },
  { file: 'as-stock.json', from: stock, floors: ['floor-stock'] },
])

/** All that is measured, in the order of the tables. */
export const subjects: readonly Subject[] = Object.freeze([
  marqueeSubject,
  marquee('marquee-unshared', 'Marquee, sharing off', { sharing: false }),
  marquee('marquee-uncoalesced', 'Marquee, coalescing off', { coalescing: false }),
  marqueeAlone,
  marquee('public', 'Marquee, subgraphs public', { isPublic: true }),
  marquee('public-uncoalesced', 'Marquee, subgraphs public, coalescing off', {
    isPublic: true,
    coalescing: false,
  }),
  ...peers,
  floor('floor', "Floor: Marquee's requests", 'as-marquee.json'),
  floor('floor-shared', "Floor: Marquee's requests, sharing on", 'as-marquee.json', true),
  floor('floor-stock', "Floor: Apollo's requests", 'as-stock.json'),
])
