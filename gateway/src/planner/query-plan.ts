/** A query plan, as `@apollo/query-planner` writes it in JSON. Spec: its `QueryPlan.ts`, version 2.14. */
export type QueryPlan = Readonly<{ kind: 'QueryPlan'; node?: PlanNode | DeferNode }>

export type PlanNode = FetchNode | FlattenNode | SequenceNode | ParallelNode

export type SequenceNode = Readonly<{ kind: 'Sequence'; nodes: readonly PlanNode[] }>
export type ParallelNode = Readonly<{ kind: 'Parallel'; nodes: readonly PlanNode[] }>

/** `node` applies at each value at `path`: response names, and `@` for "each element of the list". */
export type FlattenNode = Readonly<{ kind: 'Flatten'; path: readonly (string | number)[]; node: PlanNode }>

/** Parts that may be answered later. It stands at the root of a plan, or of a part. */
export type DeferNode = Readonly<{
  kind: 'Defer'
  primary: Readonly<{ node?: PlanNode | DeferNode }>
  deferred: readonly Readonly<{
    /** Fetches, by `id`, that must have ended before. */
    depends: readonly Readonly<{ id: string }>[]
    label?: string
    node?: PlanNode | DeferNode
  }>[]
}>

export type FetchNode = Readonly<{
  kind: 'Fetch'
  /** Present where a deferred part depends on it. */
  id?: string
  serviceName: string
  /** What a representation consists of. Absent at the root. */
  requires?: readonly PlanSelection[]
  variableUsages?: readonly string[]
  operation: string
  operationName?: string
  operationKind: 'query' | 'mutation' | 'subscription'
  inputRewrites?: readonly DataRewrite[]
  outputRewrites?: readonly DataRewrite[]
  contextRewrites?: readonly KeyRenamer[]
}>

export type PlanSelection =
  | Readonly<{ kind: 'Field'; alias?: string; name: string; selections?: readonly PlanSelection[] }>
  | Readonly<{ kind: 'InlineFragment'; typeCondition?: string; selections: readonly PlanSelection[] }>

export type DataRewrite = ValueSetter | KeyRenamer
export type ValueSetter = Readonly<{ kind: 'ValueSetter'; path: readonly string[]; setValueTo: unknown }>
export type KeyRenamer = Readonly<{ kind: 'KeyRenamer'; path: readonly string[]; renameKeyTo: string }>
