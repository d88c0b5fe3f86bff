/** What a planning process is told first. */
export type PlannerStart = Readonly<{
  sdl: string
  maxEvaluatedPlans: number
  maxPaths: number
  /** How long one plan may take, in ms. Whoever asked is done with it then. */
  timeoutMs: number
  /** The same SDL was found valid before: validating it again is a third of the time that loading takes. */
  isKnownValid: boolean
}>

/** To a planning process. It gets the next one once it has answered. */
export type PlanRequest = Readonly<{ document: string; labels: readonly string[] }>

/** From a planning process: first `ready` or `refused`, then one `planned` or `failed` for each request. */
export type PlannerMessage =
  | Readonly<{ kind: 'ready' }>
  | Readonly<{ kind: 'refused'; reason: string }>
  | Readonly<{ kind: 'planned'; plan: string }>
  | Readonly<{ kind: 'failed'; reason: string }>
