import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'graphql'
import { measureDocument } from './measure-document.ts'

const measure = (text: string): unknown => measureDocument(parse(text))

describe('measureDocument', () => {
  test('counts what an operation is once its fragments are written out', () => {
    expect(measure('{ a { b: c ...F } d } fragment F on T { e { f: g } ... on U { h } }')).toEqual({
      depth: 3,
      selections: 6,
      aliases: 2,
      rootFields: 2,
    })
  })

  test('counts root fields through fragments', () => {
    expect(measure('{ ...F ... { c } } fragment F on Query { a b }')).toMatchObject({
      rootFields: 3,
      depth: 1,
    })
  })

  test('takes the largest of several operations', () => {
    expect(measure('query A { a { b { c } } } query B { a b c d }')).toMatchObject({
      depth: 3,
      rootFields: 4,
    })
  })

  test('ends on cycles and unknown fragments', () => {
    expect(
      measure('{ ...A ...Nowhere } fragment A on Q { a ...B } fragment B on Q { b ...A }'),
    ).toMatchObject({
      selections: 2,
    })
  })

  test('is the same for a fragment and for its text', () => {
    const selection = fc.letrec<{ set: string; field: string }>(tie => ({
      field: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', 'x: b', '__typename'),
        tie('set').map(set => `c ${set}`),
      ),
      set: fc.array(tie('field'), { minLength: 1, maxLength: 4 }).map(fields => `{ ${fields.join(' ')} }`),
    })).set
    return fc.assert(
      fc.property(selection, set => {
        expect(measure(`{ ...F y { ...F } } fragment F on T ${set}`)).toEqual(
          measure(`{ ... ${set} y { ... ${set} } }`),
        )
      }),
    )
  })

  test('takes linear time where the expansion is exponential', () => {
    const fragments = Array.from(
      { length: 200 },
      (_, i) => `fragment F${i} on T { a { ...F${i + 1} } b { ...F${i + 1} } }`,
    )
    const started = performance.now()
    const size = measureDocument(parse(`{ ...F0 } ${fragments.join(' ')} fragment F200 on T { a }`))
    expect(size.selections).toBeGreaterThan(1e15)
    expect(size.depth).toBe(201)
    expect(performance.now() - started).toBeLessThan(200)
  })
})
