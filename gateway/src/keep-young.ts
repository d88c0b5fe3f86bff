import { setFlagsFromString } from 'node:v8'

/**
 * Has this process allocate whatever is new in V8's young generation, as it does at first. Later V8 puts kinds of objects
 * that often survived a collection straight into the old one ("allocation site pretenuring"). What a gateway allocates
 * lives as long as its request: too long to be collected young each time, far too short to be old. Dead old objects then
 * keep the rest of their request alive, a third of all that is allocated gets old, and collection takes a third of all CPU.
 * For processes that are nothing but a gateway; to be called before there is work.
 */
export const keepAllocationsYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring')
