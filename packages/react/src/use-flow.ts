import type { ChallengeResponse, Client, FlowRun } from '@gatehouse/client';
import { type Dispatch, type RefObject, useCallback, useEffect, useReducer, useRef } from 'react';
import { type FlowEvent, type FlowState, INITIAL, reduceFlow } from './flow-state.js';

/** How `useFlow` starts a flow. */
export interface UseFlowOptions {
  /** Query of the page that shows the flow, such as `next=%2Fapp`. Another query starts another run. */
  readonly query?: string;
}

/** The state of a flow, and the functions that advance it. */
export interface FlowHandle extends Omit<FlowState, 'fault'> {
  /** Answers the current challenge. Does nothing while a request is under way. */
  readonly solve: (response: ChallengeResponse) => void;
  /** Fetches the current challenge again, such as after an error. Does nothing while a request is under way. */
  readonly refresh: () => void;
}

/**
 * Runs a flow while the component is mounted. `client` must stay the same object between renders. Throws a programming
 * error, such as a response to another challenge, to the error boundary.
 */
export function useFlow(client: Client, flow: string, { query = '' }: UseFlowOptions = {}): FlowHandle {
  const [{ fault, ...state }, dispatch] = useReducer(reduceFlow, INITIAL);
  const current = useRef<FlowRun | undefined>(undefined);

  useEffect(() => {
    dispatch({ kind: 'started' });
    const run = client.prepare(flow, { query, onWait: (wait) => dispatch({ kind: 'waits', wait }) });
    current.current = run;
    // In strict mode, React unmounts and mounts again before this microtask. Only the second run sends a request.
    queueMicrotask(() => run === current.current && perform(current, dispatch));
    return () => {
      current.current = undefined;
      run.abort();
    };
  }, [client, flow, query]);

  const solve = useCallback((response: ChallengeResponse) => perform(current, dispatch, response), []);
  const refresh = useCallback(() => perform(current, dispatch), []);

  if (fault) throw fault.error;
  return { ...state, solve, refresh };
}

/**
 * Sends the response, or fetches the challenge without one, unless another request of the current run is under way.
 * Ignores the result if another run has become current.
 */
function perform(
  current: RefObject<FlowRun | undefined>,
  dispatch: Dispatch<FlowEvent>,
  response?: ChallengeResponse,
): void {
  const run = current.current;
  if (!run || run.pending) return;
  dispatch({ kind: 'sent' });
  (response ? run.solve(response) : run.refresh()).then(
    (result) => run === current.current && dispatch({ kind: 'replied', result, response }),
    (error: unknown) => run === current.current && dispatch({ kind: 'failed', error }),
  );
}
