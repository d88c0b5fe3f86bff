/** What a planning thread is started with. */
export type PlannerThreadData = Readonly<{
  sdl: string
  maxEvaluatedPlans: number
  maxPaths: number
  /** The same SDL was found valid before: validating it again is a third of the time that loading takes. */
  isKnownValid: boolean
}>

/** To a planning thread. It gets the next one once it has answered. */
export type PlanRequest = Readonly<{ document: string; labels: readonly string[] }>

/** From a planning thread: first `ready` or `refused`, then one `planned` or `failed` for each request. */
export type PlannerMessage =
  | Readonly<{ kind: 'ready' }>
  | Readonly<{ kind: 'refused'; reason: string }>
  | Readonly<{ kind: 'planned'; plan: string }>
  | Readonly<{ kind: 'failed'; reason: string }>
