export type * from './challenges.js';
export { type Client, createClient, isChallenge } from './client.js';
export type { FieldError, FieldErrors } from './field-errors.js';
export type { FlowRun, StartOptions } from './flow-run.js';
export { interruptionOf } from './interruption.js';
export {
  NO_REPLY,
  type ReceivedChallenge,
  type Refusal,
  type Reply,
  readReply,
  STEP_HEADER,
  type Unavailable,
  withReasons,
} from './reply.js';
export { type Failure, MAX_RETRIES, MAX_WAIT_S, mayRetry, retryDelayS } from './retry.js';
export type * from './stage-form.js';
export { type ClientOptions, executorPath, type Fetch } from './transport.js';
export type * from './types.js';
