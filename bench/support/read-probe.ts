import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Probed } from './probe.ts'

/** Asks the probe that listens on a socket. It starts counting anew. */
export const readProbe = async (socket: string): Promise<Probed> =>
  JSON.parse(await text(connect(socket))) as Probed
