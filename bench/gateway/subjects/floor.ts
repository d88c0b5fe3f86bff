import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Subject } from './subject.ts'

const script = fileURLToPath(new URL('../../support/floor.ts', import.meta.url))

/**
 * Bare Node.js doing what a gateway was seen to do on the network, and nothing else.
 * @param recording  name of the file in the lab's folder
 */
export const floor = (id: string, name: string, recording: string, shares = false): Subject => ({
  id,
  name,
  package: undefined,
  path: '/',
  core: 'measured',
  start: ({ port, folder }) =>
    Promise.resolve({
      command: process.execPath,
      args: ['--no-warnings', script, join(folder, recording), String(port), ...(shares ? ['share'] : [])],
    }),
})
