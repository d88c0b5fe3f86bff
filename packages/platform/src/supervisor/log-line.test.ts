import { expect, test } from '@jest/globals'
import { remarkOf } from './log-line.ts'

test.each([
  ['{"level":30,"msg":"fine"}', undefined],
  ['{"level":"info","msg":"fine"}', undefined],
  ['{"time":1,"level":20,"msg":"fine"}', undefined],
  ['', undefined],
  ['{"level":40,"msg":"hm"}', { level: 'warn', message: 'hm' }],
  ['{"level":"error","msg":"oh"}', { level: 'error', message: 'oh' }],
  [
    '{"level":50,"err":{"message":"no route"},"msg":"asking failed"}',
    { level: 'error', message: 'asking failed: no route' },
  ],
  ['{"level":60,"err":{"message":"no route"}}', { level: 'fatal', message: 'no route' }],
  ['TypeError: x is not a function', { level: 'error', message: 'TypeError: x is not a function' }],
])('of %s a person sees %j', (line, remark) => {
  expect(remarkOf(line)).toEqual(remark)
})
