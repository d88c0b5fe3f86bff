import type { Command, Core } from '../../support/processes.ts'
import type { Subgraphs } from '../subgraphs/start-subgraphs.ts'

export type Place = Readonly<{ port: number; folder: string; subgraphs: Subgraphs }>

/** A gateway, or a floor: something that answers the operations over HTTP. */
export type Subject = Readonly<{
  id: string
  /** As it stands in the table. */
  name: string
  /** The package.json that has its version, as a path from this folder; a floor has none. */
  package: string | undefined
  /** Where it answers. */
  path: string
  core: Core
  start: (place: Place) => Promise<Omit<Command, 'core'>>
}>
