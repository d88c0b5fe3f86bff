import { expect, test } from '@jest/globals'
import { callLogContract } from './call-log.contract.ts'
import { memoryCallLog } from './memory-call-log.ts'

callLogContract('the memory of a process', async () => memoryCallLog(100))

test('it forgets the key that was quiet for longest when there are too many', async () => {
  const log = memoryCallLog(3)
  const limit = { max: 5, windowSeconds: 60 }
  for (const key of ['a', 'b', 'c', 'a', 'd']) await log.record(key, limit)
  expect(await log.record('a', limit)).toHaveLength(2)
  expect(await log.record('b', limit)).toHaveLength(0)
})
