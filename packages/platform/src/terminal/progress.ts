import { SingleBar } from 'cli-progress'

export type Progress = Readonly<{
  /** @param total  null when it is not known */
  show: (done: number, total: number | null) => void
  end: () => void
}>

/** Least time between two plain lines, in ms. */
const plainPauseMs = 2000

const withBar = (label: string): Progress => {
  const bar = new SingleBar({
    format: `  ${label} [{bar}] {percentage} %`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  let started = false
  return {
    show: (done, total) => {
      if (total === null) return
      if (started) bar.update(done)
      else bar.start(total, done)
      started = true
    },
    end: () => {
      if (started) bar.stop()
    },
  }
}

const withLines = (label: string, print: (line: string) => void): Progress => {
  let shownAtMs = -Infinity
  return {
    show: (done, total) => {
      if (performance.now() - shownAtMs < plainPauseMs) return
      shownAtMs = performance.now()
      print(`  ${label}: ${total === null ? done : `${Math.floor((done / Math.max(total, 1)) * 100)} %`}`)
    },
    end: () => undefined,
  }
}

/** A bar on a terminal, a line every two seconds elsewhere. */
export const progress = (label: string, print: (line: string) => void): Progress =>
  process.stderr.isTTY ? withBar(label) : withLines(label, print)
