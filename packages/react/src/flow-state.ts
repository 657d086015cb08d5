import type { ChallengeResponse, FlowResult, ResponseOf, Wait } from '@gatehouse/client';

type ValidationResponse = ResponseOf<'ak-stage-authenticator-validate'>;

/** The state of a flow in a component. */
export interface FlowState {
  /** The result that the flow shows. Undefined until the first challenge has arrived. */
  readonly result: FlowResult | undefined;
  /**
   * Number of the step. A refused response and the choice of a device keep the number, so that a form with this key keeps
   * its input.
   */
  readonly step: number;
  /** Whether a request is under way. Until it ends, `solve` and `refresh` do nothing. */
  readonly pending: boolean;
  /** The pause before a request is repeated, while the service is unavailable. */
  readonly waiting: Wait | undefined;
  /** A programming error, which `useFlow` throws while it renders. */
  readonly fault: { readonly error: unknown } | undefined;
}

export const INITIAL: FlowState = { result: undefined, step: 0, pending: true, waiting: undefined, fault: undefined };

/** An event that changes the state. */
export type FlowEvent =
  | { readonly kind: 'started' | 'sent' }
  | { readonly kind: 'waits'; readonly wait: Wait }
  | { readonly kind: 'replied'; readonly result: FlowResult; readonly response?: ChallengeResponse | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The reducer of the state. */
export function reduceFlow(state: FlowState, event: FlowEvent): FlowState {
  switch (event.kind) {
    case 'started':
      return INITIAL;
    case 'sent':
      return { ...state, pending: true };
    case 'waits':
      return { ...state, waiting: event.wait };
    case 'failed':
      return { ...state, fault: { error: event.error } };
    case 'replied': {
      const { result } = event;
      const step = isSameStep(state.result, event) ? state.step : state.step + 1;
      return { ...state, result, step, pending: false, waiting: undefined };
    }
  }
}

/**
 * Returns whether the visitor has to answer the same challenge again, because the response was refused or lost, or has
 * only chosen a device.
 */
function isSameStep(before: FlowResult | undefined, { result, response }: Extract<FlowEvent, { kind: 'replied' }>) {
  if (before?.kind !== 'challenge' || result.kind !== 'challenge') return false;
  const { challenge, step, interrupted, restarted } = result;
  // After an interruption, the page may show the next step, which must not get the input of the previous step.
  if (interrupted) return step !== undefined && step === before.step;
  if (before.challenge.component !== challenge.component) return false;
  return challenge.response_errors != null || (onlyChooses(response) && !restarted);
}

/**
 * Returns whether a response only chooses a device, without a proof of it. The same challenge is then shown without
 * errors.
 */
function onlyChooses(response: ChallengeResponse | undefined): boolean {
  if (response?.component !== 'ak-stage-authenticator-validate') return false;
  const { selected_challenge: choice, selected_stage, code, webauthn, duo } = response as ValidationResponse;
  return choice != null && [selected_stage, code, webauthn, duo].every((other) => other == null);
}
