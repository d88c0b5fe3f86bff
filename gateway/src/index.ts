export {
  marqueeGateway,
  type MarqueeGatewayOptions,
  type SupergraphSource,
} from './apollo-server/marquee-gateway.ts'
export { gatewayConfig, type GatewayConfig } from './config.ts'
export { printPlan, type PlanDescription } from './executor/describe-plan.ts'
export { planOperation, type OperationToPlan } from './plan-operation.ts'
export { keepAllocationsYoung } from './keep-young.ts'
export { startGateway, type GatewayOptions } from './start-gateway.ts'
