import { MarqueeError } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import { planQueue } from './plan-queue.ts'
import type { Planner, PlanOptions } from './planner.ts'
import type { PlannerMessage } from './planner-messages.ts'
import { PlannerProcess } from './planner-process.ts'
import type { QueryPlan } from './query-plan.ts'
import { readPlan } from './read-plan.ts'
import { restBefore } from './rest-before.ts'

type PoolConfig = Omit<GatewayConfig['planner'], 'cacheMiB' | 'warmOperations' | 'warmTimeoutMs'>

/** One computation. Equal requests share its promise. */
type Job = Readonly<{
  key: string
  document: string
  labels: readonly string[]
  promise: Promise<QueryPlan>
  resolve: (plan: QueryPlan) => void
  reject: (error: MarqueeError) => void
}>

/** A process and what it is doing. One document at a time: who kills it loses one. */
type Post = { readonly process: PlannerProcess; isReady: boolean; job?: Job; timer?: NodeJS.Timeout }

/** JSON ends by itself, so that no two pairs of labels and document have the same key. */
const keyOf = (document: string, labels: readonly string[]): string =>
  `${JSON.stringify(labels.toSorted())}${document}`

const failed = (cause: string): MarqueeError =>
  new MarqueeError('QUERY_PLANNING_FAILED', {}, { cause: new Error(cause) })

/** Hands documents to planning processes, and replaces those that hang or die. */
class PlannerPool implements Planner {
  readonly #sdl: string
  readonly #config: PoolConfig
  readonly #jobs = new Map<string, Job>()
  readonly #queue = planQueue<Job>()
  readonly #posts = new Set<Post>()
  readonly #rests = new Set<NodeJS.Timeout>()
  readonly #opening = Promise.withResolvers<Planner>()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #isKnownValid: boolean
  /** Deaths since a plan was last made. */
  #deaths = 0

  constructor(sdl: string, config: PoolConfig, isKnownValid: boolean) {
    this.#sdl = sdl
    this.#config = config
    this.#isKnownValid = isKnownValid
    this.#startProcess()
  }

  /** Resolves when the first process can plan. */
  opened(): Promise<Planner> {
    return this.#opening.promise
  }

  plan(document: string, labels: readonly string[], options: PlanOptions = {}): Promise<QueryPlan> {
    if (this.#state === 'closed') return Promise.reject(new MarqueeError('SHUTTING_DOWN'))
    const key = keyOf(document, labels)
    const background = options.background ?? false
    const same = this.#jobs.get(key)
    if (same !== undefined) {
      if (!background) this.#queue.promote(same)
      return same.promise
    }
    if (this.#queue.size() >= this.#config.maxQueued) return Promise.reject(this.#tooManyWait())
    const job = { key, document, labels, ...Promise.withResolvers<QueryPlan>() }
    this.#jobs.set(key, job)
    this.#queue.add(job, { background })
    this.#handOut()
    return job.promise
  }

  async close(): Promise<void> {
    if (this.#state === 'opening') this.#opening.reject(new MarqueeError('SHUTTING_DOWN'))
    this.#state = 'closed'
    for (const rest of this.#rests) clearTimeout(rest)
    this.#rests.clear()
    for (const { reject } of this.#jobs.values()) reject(new MarqueeError('SHUTTING_DOWN'))
    this.#jobs.clear()
    this.#queue.clear()
    const posts = [...this.#posts]
    for (const post of posts) this.#leave(post)
    await Promise.all(posts.map(({ process }) => process.end()))
  }

  #startProcess(): void {
    const { maxEvaluatedPlans, maxPaths, timeoutMs, maxHeapMb } = this.#config
    const isKnownValid = this.#isKnownValid
    const start = { sdl: this.#sdl, maxEvaluatedPlans, maxPaths, timeoutMs, isKnownValid }
    const post: Post = {
      process: new PlannerProcess(start, maxHeapMb, {
        heard: message => this.#heard(post, message),
        died: reason => this.#died(post, reason),
      }),
      isReady: false,
    }
    this.#posts.add(post)
    this.#hold()
  }

  #handOut(): void {
    for (const post of this.#posts) {
      if (!post.isReady || post.job !== undefined) continue
      const job = this.#queue.take()
      if (job === undefined) break
      post.job = job
      // From here on, not from when it came: how long a client waits in all is its deadline's matter, and one that
      // waited behind others is not to blame for it.
      post.timer = setTimeout(() => this.#timedOut(post), this.#config.timeoutMs)
      post.process.send({ document: job.document, labels: job.labels })
    }
    this.#grow()
    this.#hold()
  }

  /** Memory for a further process is taken once a document waits for all that there are, one process at a time. */
  #grow(): void {
    const isStarting = this.#rests.size > 0 || [...this.#posts].some(({ isReady }) => !isReady)
    if (this.#queue.size() > 0 && !isStarting && this.#posts.size < this.#config.workers) this.#startProcess()
  }

  #heard(post: Post, message: PlannerMessage): void {
    switch (message.kind) {
      case 'ready':
        post.isReady = true
        if (this.#state === 'opening') this.#open()
        break
      case 'refused':
        this.#leave(post)
        void post.process.end()
        this.#lost(message.reason)
        break
      case 'planned':
        this.#deaths = 0
        this.#finish(post)?.resolve(readPlan(message.plan))
        break
      case 'failed':
        this.#deaths = 0
        this.#finish(post)?.reject(failed(message.reason))
        break
    }
    this.#handOut()
  }

  #open(): void {
    this.#state = 'open'
    this.#isKnownValid = true
    this.#opening.resolve(this)
  }

  /** Takes the job that a process was on off it. */
  #finish(post: Post): Job | undefined {
    const { job } = post
    clearTimeout(post.timer)
    delete post.job
    if (job !== undefined) this.#jobs.delete(job.key)
    return job
  }

  #timedOut(post: Post): void {
    const { timeoutMs } = this.#config
    const job = this.#leave(post)
    void post.process.end()
    job?.reject(new MarqueeError('QUERY_PLANNING_TIMED_OUT', { timeoutMs }))
    // Nothing is wrong with the supergraph or the machine: no rest.
    this.#startProcess()
  }

  #died(post: Post, reason: string): void {
    this.#leave(post)?.reject(failed(reason))
    this.#lost(reason)
  }

  #leave(post: Post): Job | undefined {
    this.#posts.delete(post)
    return this.#finish(post)
  }

  /** A process is gone by itself: another one takes its place, later and later while no plan is made in between. */
  #lost(reason: string): void {
    if (this.#state === 'opening') {
      this.#state = 'closed'
      this.#opening.reject(new MarqueeError('SUPERGRAPH_INVALID', { reason }))
      return
    }
    const restMs = restBefore(this.#deaths)
    this.#deaths += 1
    const rest = setTimeout(() => {
      this.#rests.delete(rest)
      this.#startProcess()
    }, restMs)
    this.#rests.add(rest)
    this.#hold()
  }

  /** This process stays up for the others while somebody awaits them, and no longer. */
  #hold(): void {
    const isNeeded = this.#state === 'opening' || this.#jobs.size > 0
    for (const { process } of this.#posts) process.hold(isNeeded)
    for (const rest of this.#rests) {
      if (isNeeded) rest.ref()
      else rest.unref()
    }
  }

  #tooManyWait(): MarqueeError {
    return new MarqueeError('QUERY_PLANNER_BUSY', { waiting: this.#config.maxQueued })
  }
}

/**
 * Starts a planning process for one supergraph. Others are started when documents wait, up to `workers`.
 * @param sdl     the supergraph, repaired (`Supergraph.plannerSdl`)
 * @param config  section `gateway.planner`
 * @param isKnownValid  a planner accepted the same SDL before, in another process perhaps: it is not validated again
 * @throws SUPERGRAPH_INVALID with the planner's reason
 */
export const startPlanner = (sdl: string, config: PoolConfig, isKnownValid = false): Promise<Planner> =>
  new PlannerPool(sdl, config, isKnownValid).opened()
