import { expect, test } from '@jest/globals'
import type { PlacedFinding } from '@marquee/data/doctor'
import { compareFindings } from './compare-findings.ts'

const finding = (object: string, more: Partial<PlacedFinding> = {}): PlacedFinding => ({
  check: 'slow-statement',
  severity: 'warning',
  object,
  evidence: '7 ms',
  cost: '',
  isSafe: false,
  database: 'movies',
  server: 'a:5432',
  ...more,
})

test('what is found again is not told again, though its figures differ', () => {
  const changes = compareFindings([finding('one')], [finding('one', { evidence: '9 ms', cost: 'more' })])
  expect(changes).toEqual({ appeared: [], gone: [] })
})

test('what is new, graver, or elsewhere is told; what is gone as well', () => {
  const before = [finding('one'), finding('two')]
  const now = [
    finding('one', { severity: 'critical' }),
    finding('two', { server: 'b:5432' }),
    finding('three'),
  ]
  expect(compareFindings(before, now)).toEqual({ appeared: now, gone: [finding('two')] })
})
