import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'graphql'
import { measureDocument } from './measure-document.ts'

const measure = (text: string, maxNesting = 200): unknown => measureDocument(parse(text), maxNesting)

describe('measureDocument', () => {
  test('counts what an operation is once its fragments are written out', () => {
    expect(measure('{ a { b: c ...F } d } fragment F on T { e { f: g } ... on U { h } }')).toEqual({
      nesting: 4,
      depth: 3,
      selections: 8,
      aliases: 2,
      directives: 0,
      rootFields: 2,
    })
  })

  test('counts directives wherever they stand, as often as their fragment is spread', () => {
    const text = `query($v: Int @a) @b { ...F @c ...F ... @d { x @e } y { ...F } }
      fragment F on T @f { z @g @h }`
    expect(measure(text)).toMatchObject({ directives: 5 + 3 * 3 })
  })

  test('counts root fields through fragments', () => {
    expect(measure('{ ...F ... { c } } fragment F on Query { a b }')).toMatchObject({
      rootFields: 3,
      depth: 1,
    })
  })

  test('adds several operations up, but for what only the one that runs can do', () => {
    expect(measure('query A @d { a { b { c } } } query B @d { a b c x: d }')).toMatchObject({
      depth: 3,
      selections: 7,
      aliases: 1,
      directives: 2,
      rootFields: 4,
    })
  })

  test('follows a chain of fragments no deeper than it may, and says that it is deeper', () => {
    const chain = (length: number): string =>
      Array.from({ length }, (_, i) => `fragment F${i} on T { ...F${i + 1} }`).join(' ')
    expect(measure(`{ ...F0 } ${chain(8)} fragment F8 on T { a }`, 10)).toMatchObject({ nesting: 10 })
    expect(measure(`{ ...F0 } ${chain(50_000)}`, 10)).toMatchObject({ nesting: 12 })
    expect(measure(`{ a } ${chain(50_000)}`, 10)).toMatchObject({ nesting: 12, selections: 1 })
  })

  test('ends on cycles and unknown fragments', () => {
    expect(
      measure('{ ...A ...Nowhere } fragment A on Q { a ...B } fragment B on Q { b ...A }'),
    ).toMatchObject({
      selections: 6,
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
    const size = measureDocument(parse(`{ ...F0 } ${fragments.join(' ')} fragment F200 on T { a }`), 1000)
    expect(size.selections).toBeGreaterThan(1e15)
    expect(size.depth).toBe(201)
    expect(performance.now() - started).toBeLessThan(200)
  })
})
