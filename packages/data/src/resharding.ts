export { parseBuckets, printBuckets } from './resharding/bucket-ranges.ts'
export type { MoveOutcome } from './resharding/drive-move.ts'
export type { Move } from './resharding/move-record.ts'
export type { MovePlan, MoveRequest } from './resharding/plan-move.ts'
export type { MoveEvent, ReshardingOptions } from './resharding/resharding-context.ts'
export {
  checkShard,
  holdingsOf,
  reshardingStatus,
  type ReshardingStatus,
} from './resharding/resharding-status.ts'
export { abortMove, moveBuckets, planMove, resumeMove } from './resharding/resharding.ts'
export { drainShard, rebalance, type Wish } from './resharding/spread-buckets.ts'
