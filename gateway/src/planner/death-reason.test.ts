import { expect, test } from '@jest/globals'
import { deathReason } from './death-reason.ts'

const outOfMemory = `
<--- Last few GCs --->

[8:0x1] 900 ms: Mark-Compact 63.1 (66.0) -> 62.9 (66.2) MB, pooled: 0 MB, allocation failure;

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0x75968e node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
`
const thrown = `file:///planner-worker.ts:1
import nothing from 'nowhere'

Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nowhere'
    at packageResolve (node:internal/modules/esm/resolve:1)
`

test.each([
  [
    { code: null, signal: 'SIGABRT' as const },
    outOfMemory,
    'the planning process needed more than 64 MB (gateway.planner.maxHeapMb)',
  ],
  [
    { code: 1, signal: null },
    thrown,
    "the planning process ended with code 1: Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nowhere'",
  ],
  [{ code: null, signal: 'SIGSEGV' as const }, '', 'the planning process was ended by SIGSEGV'],
  [
    { code: null, signal: 'SIGKILL' as const },
    '',
    'the planning process was killed, perhaps by a system without memory',
  ],
  [
    { code: null, signal: null, error: new Error('spawn EAGAIN') },
    '',
    'the planning process could not be started: spawn EAGAIN',
  ],
])('%o is told in one line', (exit, complaint, reason) => {
  expect(deathReason(exit, complaint, 64)).toBe(reason)
})
