import { Worker } from 'node:worker_threads'
import type { PlannerMessage, PlannerThreadData, PlanRequest } from './planner-messages.ts'

/** Who is told what a thread does. `died` is the last call, and comes once. */
export type PlannerThreadListener = Readonly<{
  heard: (message: PlannerMessage) => void
  died: (reason: string) => void
}>

const deathOf = (error: Error, maxHeapMb: number): string =>
  (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? `the planning thread needed more than ${maxHeapMb} MB (gateway.planner.maxHeapMb)`
    : `the planning thread broke down: ${error.message}`

/** One worker thread that makes plans, one at a time. */
export class PlannerThread {
  readonly #worker: Worker

  /** @param maxHeapMb  a thread that needs more dies */
  constructor(data: PlannerThreadData, maxHeapMb: number, listener: PlannerThreadListener) {
    this.#worker = new Worker(new URL('planner-worker.ts', import.meta.url), {
      name: 'marquee-planner',
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
    let reason: string | undefined
    this.#worker.on('message', listener.heard)
    this.#worker.on('error', (error: Error) => {
      reason = deathOf(error, maxHeapMb)
    })
    this.#worker.on('exit', code => listener.died(reason ?? `the planning thread ended with code ${code}`))
  }

  send(request: PlanRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request)
  }

  /** Whether the process stays up for this thread. */
  hold(isNeeded: boolean): void {
    if (isNeeded) this.#worker.ref()
    else this.#worker.unref()
  }

  /** Ends the thread, in mid-plan too. The listener hears no more of it. */
  async end(): Promise<void> {
    this.#worker.removeAllListeners()
    // Whatever it still has to say: an `error` that nobody listens to would end the process.
    this.#worker.on('error', () => {})
    await this.#worker.terminate()
  }
}
