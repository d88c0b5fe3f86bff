import { createWriteStream, openSync, renameSync, statSync, type WriteStream } from 'node:fs'

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

/** A log file of bounded size: at `maxBytes` it becomes `<path>.1` (the older one goes) and a new one begins. */
export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  #stream: WriteStream | undefined
  #bytes: number

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#bytes = sizeOf(path)
    this.#stream = this.#open()
  }

  write(line: string): void {
    const text = `${line}\n`
    this.#bytes += Buffer.byteLength(text)
    if (this.#bytes > this.#maxBytes) {
      this.#rotate()
      this.#bytes = Buffer.byteLength(text)
    }
    this.#stream?.write(text)
  }

  async close(): Promise<void> {
    const stream = this.#stream
    if (stream !== undefined) await new Promise<void>(resolve => stream.end(() => resolve()))
  }

  /** Undefined when it cannot be opened. A full disk must not take the platform down: what cannot be logged is lost. */
  #open(): WriteStream | undefined {
    try {
      // Opened at once, so that a rotation that follows soon moves this file and not the one before.
      const stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'a', 0o600) })
      stream.on('error', () => undefined)
      return stream
    } catch {
      return undefined
    }
  }

  #rotate(): void {
    this.#stream?.end()
    try {
      renameSync(this.#path, `${this.#path}.1`)
    } catch {
      // Not there, or not to be moved: the new stream then goes on at its end.
    }
    this.#stream = this.#open()
  }
}
