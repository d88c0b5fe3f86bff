import type pg from 'pg'

/** Where one server is: a name in the url may stand for several, of which `stream` reaches this one. */
export type ServerAddress = Readonly<{ url: string; stream?: NonNullable<pg.ClientConfig['stream']> }>

/** The address that a connection was made to. */
export const addressOf = ({ connectionString = '', stream }: pg.ClientConfig): ServerAddress =>
  stream === undefined ? { url: connectionString } : { url: connectionString, stream }

/** The same, for a client of its own. */
export const clientConfigOf = ({ url, stream }: ServerAddress): pg.ClientConfig =>
  stream === undefined ? { connectionString: url } : { connectionString: url, stream }
