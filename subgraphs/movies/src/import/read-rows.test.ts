import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FileMalformed, readRows, type FileRow } from './read-rows.ts'

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const readAll = async (
  text: string,
  size = 7,
): Promise<Readonly<{ rows: readonly FileRow[]; fault: string | null }>> => {
  const rows: FileRow[] = []
  try {
    for await (const row of readRows(pieces(text, size))) rows.push(row)
    return { rows, fault: null }
  } catch (error) {
    if (!(error instanceof FileMalformed)) throw error
    return { rows, fault: error.message }
  }
}

describe('rows of a file', () => {
  test('are the same from an array and from lines, however the bytes are cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.dictionary(
            fc.string({ unit: 'grapheme' }).filter(key => key !== '__proto__'),
            fc.jsonValue(),
          ),
          { minLength: 1 },
        ),
        fc.integer({ min: 1, max: 40 }),
        async (values, size) => {
          const plain = JSON.parse(JSON.stringify(values)) as object[]
          const expected = { rows: plain.map((value, at) => ({ row: at + 1, value })), fault: null }
          const lines = plain.map(value => JSON.stringify(value)).join('\r\n')
          expect(await readAll(JSON.stringify(plain, null, 1), size)).toEqual(expected)
          expect(await readAll(`\ufeff\n${lines}\n\n`, size)).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    ))

  test('come as far as the file is whole, and the fault says where it is', async () => {
    expect(await readAll('[{"a":1},{"b" 2}]')).toEqual({
      rows: [{ row: 1, value: { a: 1 } }],
      fault: expect.stringMatching(/^it is not JSON at byte 14, in row 2: /),
    })
    expect(await readAll('  [{"a":1},{"b":2')).toEqual({
      rows: [{ row: 1, value: { a: 1 } }],
      fault: 'it ends at byte 17, in the middle of row 2',
    })
    expect((await readAll('[1] x')).fault).toMatch(/at byte 4, in row 2/)
  })

  test('a line that is not JSON is a broken row, and the next one goes on', async () => {
    const { rows, fault } = await readAll('{"a":1}\n{bad\n{"c":3}')
    expect(fault).toBeNull()
    expect(rows).toEqual([
      { row: 1, value: { a: 1 } },
      { row: 2, broken: expect.stringContaining('JSON') },
      { row: 3, value: { c: 3 } },
    ])
  })

  test.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['"film"', 'it begins with neither'],
    ['\u001f\u008b gzip', 'it begins with neither'],
    ['{\n "title": "A"\n}', 'it is not JSON at byte 1, in row 1'],
  ])('%j is no file of films', async (text, why) => {
    expect(await readAll(text)).toEqual({ rows: [], fault: expect.stringContaining(why) })
  })

  test.each(['[{"a":"', '{"a":1}\n{"a":"'])(
    'a row without an end is refused before it fills the memory',
    async head => {
      async function* endless(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(head)
        for (;;) yield Buffer.alloc(65_536, 'x')
      }
      const read = async (): Promise<void> => {
        for await (const row of readRows(endless())) expect(row.row).toBe(1)
      }
      await expect(read()).rejects.toThrow(/row \d is longer than 1048576 bytes/)
    },
  )
})
