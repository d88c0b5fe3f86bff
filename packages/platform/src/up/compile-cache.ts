import { fileURLToPath } from 'node:url'

/** Where Node.js keeps what it compiled. Not to be written to, it is simply not used. */
export const compileCache = fileURLToPath(new URL('../../../../node_modules/.cache/marquee', import.meta.url))
