export {
  type ChallengeProps,
  type ExternalProps,
  Flow,
  type FlowComponents,
  type FlowProps,
  type StepProps,
} from './flow.js';
export type { FlowState } from './flow-state.js';
export { type FlowHandle, type UseFlowOptions, useFlow } from './use-flow.js';
