import { JSONParser } from '@streamparser/json'

/** One row of the file, counted from 1; `broken` when the line is not JSON. */
export type FileRow = Readonly<{ row: number; value: unknown } | { row: number; broken: string }>

/** The file as a whole cannot be read on. */
export class FileMalformed extends Error {}

type Bytes = AsyncIterable<Uint8Array>

const maxRowBytes = 1_048_576

const tooLong = (row: number): FileMalformed =>
  new FileMalformed(`row ${row} is longer than ${maxRowBytes} bytes`)

/** Positions in the parsers' own messages count from where they were begun, so ours takes their place. */
const malformed = (error: unknown, row: number, byte: number): FileMalformed => {
  const said = (error as Error).message.replace(/ (in JSON )?at (chunk )?position.*$/, '')
  return new FileMalformed(`it is not JSON at byte ${byte}, in row ${row}: ${said.slice(0, 120)}`, {
    cause: error,
  })
}

async function* rowsOfArray(bytes: Bytes, firstByte: number): AsyncGenerator<FileRow> {
  const parser = new JSONParser({ paths: ['$.*'], keepStack: false })
  let ready: FileRow[] = []
  let row = 0
  let bytesRead = 0
  let rowStart = 0
  let byte = 0
  parser.onToken = token => {
    byte = token.offset
  }
  parser.onValue = ({ value }) => {
    row += 1
    ready.push({ row, value })
  }
  for await (const chunk of bytes) {
    let failure: unknown
    try {
      parser.write(chunk)
    } catch (error) {
      failure = error
      const position = /absolute position "(\d+)"/.exec((error as Error).message)?.[1]
      if (position !== undefined) byte = Number(position)
    }
    bytesRead += chunk.length
    // What came whole before the fault is still handed on.
    if (ready.length > 0) rowStart = bytesRead
    yield* ready
    ready = []
    if (failure !== undefined) throw malformed(failure, row + 1, firstByte + byte)
    if (bytesRead - rowStart > maxRowBytes) throw tooLong(row + 1)
  }
  if (!parser.isEnded)
    throw new FileMalformed(`it ends at byte ${firstByte + bytesRead}, in the middle of row ${row + 1}`)
}

async function* linesOf(bytes: Bytes): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    line += lines.length
    yield* lines
    if (rest.length > maxRowBytes) throw tooLong(line + 1)
  }
  yield rest + decoder.decode()
}

async function* rowsOfLines(bytes: Bytes, firstByte: number): AsyncGenerator<FileRow> {
  let row = 0
  for await (const line of linesOf(bytes)) {
    if (line.trim() === '') continue
    row += 1
    try {
      yield { row, value: JSON.parse(line) as unknown }
    } catch (error) {
      // A first line that is not JSON says that this is no file of lines at all.
      if (row === 1) {
        const position = Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? line.length)
        throw malformed(error, row, firstByte + Buffer.byteLength(line.slice(0, position)))
      }
      yield { row, broken: (error as Error).message.slice(0, 120) }
    }
  }
}

const byteOrderMark = [0xef, 0xbb, 0xbf]

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Takes a byte order mark and leading white space off: the first chunk of the rest, and where in the file it begins. */
const begin = async (bytes: AsyncIterator<Uint8Array>): Promise<{ head: Uint8Array; firstByte: number }> => {
  let firstByte = 0
  for (;;) {
    const { value, done } = await bytes.next()
    if (done === true) return { head: new Uint8Array(), firstByte }
    const before = firstByte
    const start = value.findIndex((byte, at) => byte !== byteOrderMark[before + at] && !isSpace(byte))
    if (start >= 0) return { head: value.subarray(start), firstByte: before + start }
    firstByte += value.length
  }
}

/**
 * The rows of a JSON array, or of JSON lines, as they arrive: never more than one chunk of them in memory.
 * @throws FileMalformed, with the place, when the rest cannot be read
 */
export async function* readRows(source: Bytes): AsyncGenerator<FileRow> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    const { head, firstByte } = await begin(iterator)
    if (head.length === 0) throw new FileMalformed('it is empty')
    async function* all(): AsyncGenerator<Uint8Array> {
      yield head
      yield* { [Symbol.asyncIterator]: () => iterator }
    }
    if (head[0] === 0x5b) yield* rowsOfArray(all(), firstByte)
    else if (head[0] === 0x7b) yield* rowsOfLines(all(), firstByte)
    else throw new FileMalformed('it begins with neither "[" (a JSON array) nor "{" (JSON lines)')
  } finally {
    await iterator.return?.()
  }
}
