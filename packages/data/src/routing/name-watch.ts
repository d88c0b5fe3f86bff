import {
  namesIn,
  resolveNames,
  targetsOf,
  type Answers,
  type Lookup,
  type ServerTarget,
} from './resolve-servers.ts'

/** A server must be missing from so many answers in a row to be gone: some name servers give a part at a time. */
const missedToLeave = 2

/** Resolves the names of a replica set's addresses again and again, and says which servers they mean. */
export class NameWatch {
  readonly #urls: readonly string[]
  readonly #names: readonly string[]
  readonly #lookup: Lookup
  readonly #everyMs: number
  readonly #onTargets: (targets: readonly ServerTarget[]) => void
  readonly #missed = new Map<ServerTarget, number>()
  #answers: Answers = new Map()
  #targets: readonly ServerTarget[] = []
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  /** @param onTargets  called after the first look, then when something has changed */
  constructor(
    options: Readonly<{
      urls: readonly string[]
      lookup: Lookup
      everyMs: number
      onTargets: (targets: readonly ServerTarget[]) => void
    }>,
  ) {
    this.#urls = options.urls
    this.#names = namesIn(options.urls)
    this.#lookup = options.lookup
    this.#everyMs = options.everyMs
    this.#onTargets = options.onTargets
    void this.#look()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    this.#answers = await resolveNames(this.#names, this.#lookup, this.#answers)
    if (this.#isStopped) return
    const found = targetsOf(this.#urls, this.#answers)
    const keys = new Set(found.map(({ key }) => key))
    const lingering = this.#targets.filter(target => {
      if (keys.has(target.key)) return false
      const missed = (this.#missed.get(target) ?? 0) + 1
      this.#missed.set(target, missed)
      return missed < missedToLeave
    })
    // Those that stay are the same objects: how often they were missed is known by them.
    const known = new Map(this.#targets.map(target => [target.key, target]))
    const next = [...found.map(target => known.get(target.key) ?? target), ...lingering]
    for (const target of this.#missed.keys()) if (!lingering.includes(target)) this.#missed.delete(target)
    const hasChanged =
      next.length !== this.#targets.length || next.some(target => !this.#targets.includes(target))
    this.#targets = next
    if (hasChanged) this.#onTargets(next)
    this.#timer = setTimeout(() => void this.#look(), this.#everyMs).unref()
  }
}
