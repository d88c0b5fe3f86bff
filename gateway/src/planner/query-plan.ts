/** A query plan, as `@apollo/query-planner` writes it in JSON. Spec: its `QueryPlan.ts`, version 2.14. */
export type QueryPlan = Readonly<{ kind: 'QueryPlan'; node?: PlanNode }>

export type PlanNode = FetchNode | FlattenNode | SequenceNode | ParallelNode

export type SequenceNode = Readonly<{ kind: 'Sequence'; nodes: readonly PlanNode[] }>
export type ParallelNode = Readonly<{ kind: 'Parallel'; nodes: readonly PlanNode[] }>

/** `node` applies at each value at `path`: response names, and `@` for "each element of the list". */
export type FlattenNode = Readonly<{ kind: 'Flatten'; path: readonly (string | number)[]; node: PlanNode }>

export type FetchNode = Readonly<{
  kind: 'Fetch'
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
