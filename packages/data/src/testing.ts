// What drills use too: a load that counts what was acknowledged.
export { lostWrites, writeLoad, type WriteLoad } from './testing/write-load.ts'
