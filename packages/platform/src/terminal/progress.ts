import { MultiBar, type SingleBar } from 'cli-progress'

export type Progress = Readonly<{
  /**
   * @param total  null when it is not known
   * @param note  what stands behind it
   */
  show: (done: number, total: number | null, note?: string) => void
  /** Prints a line meanwhile. */
  print: (line: string) => void
  end: () => void
}>

/** Least time between two plain lines, in ms. */
const plainPauseMs = 2000

const withBar = (label: string): Progress => {
  // One bar, but only the many-bar kind can print lines above it.
  const bars = new MultiBar({
    format: `  ${label} [{bar}] {percentage} % {note}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  let bar: SingleBar | undefined
  return {
    show: (done, total, note = '') => {
      if (total === null) return
      bar ??= bars.create(total, done, { note })
      bar.update(done, { note })
    },
    print: line => {
      bars.log(`${line}\n`)
      // Else it waits for the next drawing, which may never come.
      bars.update()
    },
    end: () => bars.stop(),
  }
}

const withLines = (label: string, print: (line: string) => void): Progress => {
  let shownAtMs = -Infinity
  return {
    show: (done, total, note = '') => {
      if (performance.now() - shownAtMs < plainPauseMs) return
      shownAtMs = performance.now()
      print(
        `  ${label}: ${total === null ? done : `${Math.floor((done / Math.max(total, 1)) * 100)} %`} ${note}`.trimEnd(),
      )
    },
    print,
    end: () => undefined,
  }
}

/** A bar on a terminal, a line every two seconds elsewhere. */
export const progress = (label: string, print: (line: string) => void): Progress =>
  process.stderr.isTTY ? withBar(label) : withLines(label, print)
