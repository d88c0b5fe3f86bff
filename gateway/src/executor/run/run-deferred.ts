import { MarqueeError } from '@marquee/contract'
import { GraphQLError } from 'graphql'
import type { CompiledDeferred, CompiledPart } from '../compile/compile-deferred.ts'
import type { Delivery, IncrementalResult, PendingPart, Update } from '../executor.ts'
import { addStep, unexplained, type Problem } from '../projection/problems.ts'
import { placesOf, type Place } from './deferred-places.ts'
import { concerns, isPrefix, isShown } from './error-places.ts'
import { runCall } from './run-plan.ts'
import type { Run } from './run.ts'
import { SentData } from './sent-data.ts'
import type { ResponsePath } from './response-path.ts'

type Types = Parameters<typeof placesOf>[3]

type PendingPlace = Readonly<{ place: Place; pending: PendingPart }>

/** A part that the client was told of and has not got yet. */
type OpenPart = Readonly<{ number: number; part: CompiledPart; places: readonly PendingPlace[] }>

/** A run for one part of another: they share all but their errors, and travel apart. */
const partOfRun = (run: Run, label: string): Run => ({
  ...run,
  context: { ...run.context, company: `deferred ${label}` },
  errors: [],
  get failures() {
    return run.failures
  },
  set failures(failures) {
    run.failures = failures
  },
})

const takenBack = (path: ResponsePath): GraphQLError => {
  const reason = 'null for a value that was sent already.'
  const originalError = new MarqueeError('SUBGRAPH_BAD_VALUE', { reason })
  return new GraphQLError(originalError.message, { path, originalError })
}

/** One request whose answer comes in parts. */
export class DeferredRun {
  readonly #compiled: CompiledDeferred
  readonly #run: Run
  readonly #types: Types
  readonly #runs: readonly Run[]
  readonly #ended = new Set<number>()
  /** All errors of what was written so far. */
  readonly #known: GraphQLError[] = []
  /** Those among them that are about what was fetched early and is sent later. */
  readonly #held = new Set<GraphQLError>()
  readonly #first: Promise<unknown>
  #sent = new SentData('null')
  #open: OpenPart[] = []
  #ids = 0
  #change = Promise.withResolvers<void>()

  /** Begins at once, with what is deferred too, as far as it waits for nothing. */
  constructor(compiled: CompiledDeferred, run: Run, types: Types) {
    this.#compiled = compiled
    this.#run = run
    this.#types = types
    this.#runs = compiled.parts.map(({ label }) => partOfRun(run, label))
    this.#first = this.#begin()
  }

  async first(): Promise<Omit<IncrementalResult, 'updates'>> {
    await this.#first
    const { errors, root } = this.#run
    const problems: Problem[] = []
    const data = this.#compiled.project(root, problems) ?? 'null'
    const all = [...errors, ...this.#unexplained(problems, errors)]
    for (const error of all) this.#known.push(error)
    this.#sent = new SentData(data)
    return { data, errors: this.#tell(all), pending: this.#openBelow(undefined, [[]]) }
  }

  /** What follows, as it is there. It ends with an update that has no `hasNext`; there is none if nothing is pending. */
  async *updates(): AsyncGenerator<Update, void, undefined> {
    while (this.#open.length > 0) {
      const ready = this.#open.find(({ number }) => this.#ended.has(number))
      if (ready === undefined) {
        await this.#change.promise
        this.#change = Promise.withResolvers()
      } else yield this.#update()
    }
  }

  /** @returns when all calls of the first answer have ended */
  #begin(): Promise<unknown> {
    const { plan, partOf, parts } = this.#compiled
    const ended: Promise<void>[] = []
    plan.calls.forEach((call, number) => {
      const part = partOf[number]
      const run = part === undefined ? this.#run : (this.#runs[part] as Run)
      const earlier = call.after.map(other => ended[other] as Promise<void>)
      const end = runCall(run, call, earlier)
      ended.push(part === undefined ? end : end.catch((error: unknown) => this.#broke(run, error)))
    })
    const endOf = (part: number | undefined): Promise<unknown> =>
      Promise.all(ended.filter((_end, number) => partOf[number] === part))
    for (const part of parts.keys()) {
      void endOf(part).then(() => {
        this.#ended.add(part)
        this.#change.resolve()
      })
    }
    return endOf(undefined)
  }

  #broke(run: Run, error: unknown): void {
    run.errors.push(new GraphQLError((error as Error).message, { originalError: error as Error }))
  }

  /** Opens the parts within another one (or the first answer), where the client got that. */
  #openBelow(parent: number | undefined, delivered: readonly ResponsePath[]): readonly PendingPart[] {
    const { parts, plan, type } = this.#compiled
    const { root, clientName } = this.#run
    const from = { node: root, position: plan.root, type, sent: this.#sent.data }
    const added: PendingPart[] = []
    parts.forEach((part, number) => {
      if (part.parent !== parent) return
      const places = placesOf(part, from, clientName, this.#types)
        .filter(({ path }) => delivered.some(above => isPrefix(above, path)))
        .map((place): PendingPlace => {
          const { path } = place
          const { clientLabel: label } = part
          return { place, pending: { id: `${this.#ids++}`, path, ...(label !== undefined && { label }) } }
        })
      if (places.length === 0) return
      this.#open.push({ number, part, places })
      added.push(...places.map(({ pending }) => pending))
    })
    return added
  }

  /** Writes all parts that have ended, and those within them that have, too. */
  #update(): Update {
    const pending: PendingPart[] = []
    const delivered: Delivery[] = []
    for (;;) {
      const ready = this.#open.find(({ number }) => this.#ended.has(number))
      if (ready === undefined) break
      this.#open = this.#open.filter(open => open !== ready)
      const deliveries = this.#deliver(ready)
      delivered.push(...deliveries)
      const got = deliveries.filter(({ data }) => data !== undefined).map(({ pending: { path } }) => path)
      pending.push(...this.#openBelow(ready.number, got))
    }
    return { pending, delivered, hasNext: this.#open.length > 0 }
  }

  #deliver({ number, part, places }: OpenPart): readonly Delivery[] {
    const { errors } = this.#runs[number] as Run
    for (const error of errors) this.#known.push(error)
    return places.map(({ place, pending }) => this.#deliverAt(part, errors, place, pending))
  }

  #deliverAt(
    { writerFor }: CompiledPart,
    errors: readonly GraphQLError[],
    { path, value, type }: Place,
    pending: PendingPart,
  ): Delivery {
    const problems: Problem[] = []
    const data = writerFor(type)(value, problems)
    for (const step of path.toReversed()) addStep(problems, 0, step)
    const news = data === undefined ? undefined : this.#sent.add(path, data)
    const near = [...new Set([...errors, ...this.#held])].filter(error => concerns(error, path))
    const all = [...near, ...this.#unexplained(problems, this.#known)]
    if (data !== undefined && news !== undefined) return { pending, data, news, errors: this.#tell(all) }
    for (const error of near) this.#held.delete(error)
    return { pending, data: undefined, news: [], errors: all.length > 0 ? all : [takenBack(path)] }
  }

  /** The errors that are about what the client has. Others are held until it has that, too. */
  #tell(errors: readonly GraphQLError[]): readonly GraphQLError[] {
    return errors.filter(error => {
      const isTold = isShown(error, this.#sent.data)
      if (isTold) this.#held.delete(error)
      else this.#held.add(error)
      return isTold
    })
  }

  #unexplained(problems: readonly Problem[], errors: readonly GraphQLError[]): readonly GraphQLError[] {
    return unexplained(problems, errors, this.#run.failures?.consequences)
  }
}
