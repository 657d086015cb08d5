import type { AccessDeniedChallenge, FlowErrorChallenge, RedirectChallenge } from './challenges.js';
import type { ReceivedChallenge, Reply } from './reply.js';
import type { Challenge, ChallengeResult, DeniedResult, ErrorResult, RedirectResult } from './types.js';

type Result = ChallengeResult | (DeniedResult & NoStatus) | (RedirectResult & NoStatus) | ErrorResult;
interface NoStatus {
  readonly status?: never;
}

const TEXTS = {
  limited: ['rate_limited', 'Too many requests. Try again later.'],
  service: ['unavailable', 'The service is unavailable at the moment. Try again later.'],
  network: ['network', 'The service cannot be reached. Check the connection.'],
} as const;

/** Returns the result that a client gets for a reply of the executor. `resolve` makes a URL absolute. */
export function resultOf(reply: Reply, resolve: (to: string) => string): Result {
  if (reply.kind === 'challenge') return resultOfChallenge(reply.challenge, resolve);
  if (reply.kind === 'unavailable') {
    const [code, message] = TEXTS[reply.reason];
    const { status, retryAfterS } = reply;
    return { kind: 'error', code, message, ...(status === undefined ? {} : { status, retryAfterS }) };
  }
  const { status, code = 'refused', message, requestId } = reply;
  return { kind: 'error', status, code, message, requestId };
}

function resultOfChallenge(received: ReceivedChallenge, resolve: (to: string) => string): Result {
  switch (received.component) {
    case 'xak-flow-redirect':
      return { kind: 'redirect', to: resolve((received as unknown as RedirectChallenge).to) };
    case 'ak-stage-access-denied': {
      const challenge = received as unknown as AccessDeniedChallenge & { readonly reason?: string };
      const { error_message: message = '', reason } = challenge;
      return { kind: 'denied', message, challenge, ...(reason === undefined ? {} : { reason }) };
    }
    case 'ak-stage-flow-error': {
      const { error, request_id: requestId } = received as unknown as FlowErrorChallenge;
      return { kind: 'error', code: 'flow_error', message: error ?? 'An internal error occurred.', requestId };
    }
    default:
      return { kind: 'challenge', challenge: received as Challenge };
  }
}
