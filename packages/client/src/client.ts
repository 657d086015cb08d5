import { FlowRun, type StartOptions } from './flow-run.js';
import { type ClientOptions, Transport } from './transport.js';
import type { Challenge, ChallengeOf, Component, ExternalChallenge } from './types.js';

/** A client of one deployment of Gatehouse. */
export interface Client {
  /**
   * Starts a flow, or continues the run of the session. Returns the run with its first `result`. Rejects when `signal`
   * is aborted.
   */
  start(flow: string, options?: StartOptions): Promise<FlowRun>;
  /** Returns a run that has not sent a request yet. Its first request is `refresh()`. */
  prepare(flow: string, options?: StartOptions): FlowRun;
}

/** Creates a client. Throws a TypeError for `cookies` without a `baseUrl`. */
export function createClient(options: ClientOptions = {}): Client {
  const transport = new Transport(options);
  const prepare = (flow: string, startOptions: StartOptions = {}) =>
    new FlowRun({ ...startOptions, flow, transport, retries: options.retries });
  return {
    prepare,
    start: async (flow, startOptions) => {
      const run = prepare(flow, startOptions);
      await run.refresh();
      return run;
    },
  };
}

/**
 * Returns whether a challenge has a component. For a component that is not built in, narrows the type to an external
 * challenge.
 */
export function isChallenge<C extends Component>(challenge: Challenge, component: C): challenge is ChallengeOf<C>;
export function isChallenge(challenge: Challenge, component: string): challenge is ExternalChallenge;
export function isChallenge(challenge: Challenge, component: string): boolean {
  return challenge.component === component;
}
