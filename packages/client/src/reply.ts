import type { FieldError } from './field-errors.js';
import type { UnavailableReason } from './types.js';

/** A challenge as it was received. */
export type ReceivedChallenge = Readonly<Record<string, unknown>> & { readonly component: string };

/** A response of the executor: a challenge, no reply for now, or a refusal. */
export type Reply = ReceivedStep | Unavailable | Refusal;

/** A challenge, and the values of the response headers. */
export interface ReceivedStep {
  readonly kind: 'challenge';
  readonly challenge: ReceivedChallenge;
  /** The id of the run. */
  readonly run: string | undefined;
  /** The id of the step, which the response to the challenge names. */
  readonly step?: string | undefined;
  /** Whether the response was not applied, because it names a step other than the current one. */
  readonly unapplied?: boolean;
}

/** No reply for now: an outage, a rate limit, or a lost connection. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: UnavailableReason;
  readonly retryAfterS: number;
  readonly status?: number;
  /** Whether the service says that the request was not processed, so that the client may send it again. */
  readonly unprocessed?: boolean;
}

/** The gateway has refused a request, and has not processed any part of it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  /** The code of the problem. Undefined if the response is not from Gatehouse. */
  readonly code: string | undefined;
  readonly message: string;
  readonly requestId: string;
}

/** Header with the id of the shown step in a reply, and of the answered step in a request. */
export const STEP_HEADER = 'x-gatehouse-step';

const UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Default pause in seconds before a request is repeated. */
const DEFAULT_WAIT_S = 2;

/** The reply of a request whose connection was lost. */
export const NO_REPLY = { kind: 'unavailable', reason: 'network', retryAfterS: DEFAULT_WAIT_S } as const;

/**
 * Returns the reply in a response of the executor. A response that is not JSON, such as that of a captive portal,
 * counts as a lost connection.
 */
export async function readReply(response: Response): Promise<Reply> {
  const { status, headers, ok } = response;
  if (UNAVAILABLE.has(status)) return unavailable(response);
  const body = (await response.json().catch(() => undefined)) as Record<string, unknown> | null | undefined;
  if (typeof body !== 'object' || body === null) return NO_REPLY;
  if (typeof body['component'] === 'string') {
    const challenge = withReasons(body as ReceivedChallenge, headers.get('x-gatehouse-reason'));
    const run = headers.get('x-gatehouse-run') ?? undefined;
    const step = headers.get(STEP_HEADER) ?? undefined;
    return { kind: 'challenge', challenge, run, step, unapplied: errorOf(headers) === 'other_step' };
  }
  if (ok) return NO_REPLY;
  const { detail, non_field_errors, code } = body;
  return {
    kind: 'refused',
    status,
    code: typeof code === 'string' ? code : undefined,
    message: String(detail ?? (non_field_errors as unknown[] | undefined)?.[0] ?? ''),
    requestId: headers.get('x-authentik-id') ?? '',
  };
}

function unavailable({ status, headers }: Response): Unavailable {
  const retryAfterS = Number(headers.get('retry-after')) || DEFAULT_WAIT_S;
  const isLimited = status === 429;
  // The gateway sends the reason `overloaded` if it has refused a request without reading its body.
  const unprocessed = isLimited || errorOf(headers) === 'overloaded';
  return { kind: 'unavailable', retryAfterS, reason: isLimited ? 'limited' : 'service', status, unprocessed };
}

/** Returns the reason why the gateway has not processed a request. Other responses have no such reason. */
const errorOf = (headers: Headers) => new URLSearchParams(headers.get('x-gatehouse-reason') ?? '').get('error');

/** Field of an access denied challenge that has the text of the denial. */
const DENIAL_TEXT = 'error_message';

type Errors = Readonly<Record<string, readonly FieldError[] | undefined>>;

/**
 * Adds the names of reasons to the texts of a challenge. `header` is the value of `x-gatehouse-reason`: pairs of a field
 * and the reason of the field's text, in the format of a query.
 */
export function withReasons<C extends ReceivedChallenge>(challenge: C, header: string | null | undefined): C {
  if (!header) return challenge;
  const reasons = new URLSearchParams(header);
  const errors = challenge['response_errors'] as Errors | undefined;
  return {
    ...challenge,
    ...(reasons.has(DENIAL_TEXT) ? { reason: reasons.get(DENIAL_TEXT) } : {}),
    ...(errors ? { response_errors: errorsWithReasons(errors, reasons) } : {}),
  };
}

const errorsWithReasons = (errors: Errors, reasons: URLSearchParams): Errors =>
  Object.fromEntries(
    Object.entries(errors).map(([field, messages = []]) => {
      const names = reasons.getAll(field);
      return [field, messages.map((message, i) => (names[i] ? { ...message, reason: names[i] } : message))];
    }),
  );
