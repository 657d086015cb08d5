import type { Challenge, ErrorCode, Response, State, Writes } from './contract-types.js';
import type { Effect } from './effect.js';
import type { AuditEvent } from './events/audit-events.js';
import type { FieldMessageCode } from './field-messages.js';
import type { StageContract } from './stage-contract.js';
import type { Insert } from './stage-reply.js';

/** A message: a code of the contract or of the field types, or text, such as that of a policy. */
export type StageMessage<C extends StageContract> =
  | { readonly code: ErrorCode<C> | FieldMessageCode; readonly params?: Record<string, string | number> }
  | { readonly text: string; readonly wire?: string };

/** An effect that built-in stages may request. The context of an event must fit its action. */
type OwnEffect = Exclude<Effect, { type: 'event' }> | ({ readonly type: 'event' } & AuditEvent);
type StageEffect<C extends StageContract> = Extract<OwnEffect, { type: C['effects'][number] }>;
type Field<C extends StageContract> = (keyof Response<C> & string) | 'non_field_errors';

export type StageErrors<C extends StageContract> = Partial<Record<Field<C>, readonly StageMessage<C>[]>>;

interface RetainedData<C extends StageContract> {
  readonly state?: State<C>;
  readonly context?: Writes<C>;
}
export interface ChallengeOutcome<C extends StageContract> extends RetainedData<C> {
  readonly type: 'challenge';
  readonly challenge: Challenge<C>;
  readonly errors?: StageErrors<C>;
  readonly effects?: readonly StageEffect<C>[];
}
export interface RejectedOutcome<C extends StageContract> extends RetainedData<C> {
  readonly type: 'rejected';
  readonly errors: StageErrors<C>;
  readonly failed?: readonly string[];
  readonly cost?: string;
  readonly effects?: readonly StageEffect<C>[];
}
export interface PassedOutcome<C extends StageContract> {
  readonly type: 'passed';
  readonly context?: Writes<C>;
  readonly effects?: readonly StageEffect<C>[];
  readonly insert?: Insert;
  readonly verified?: readonly string[];
  readonly consented?: true;
}
export interface DeniedOutcome<C extends StageContract> {
  readonly type: 'denied';
  readonly message?: StageMessage<C>;
  /** Code of the reason, which pages explain. Absent if the code of `message` is the reason. */
  readonly reason?: string;
  readonly context?: Writes<C>;
  readonly failed?: readonly string[];
  readonly cost?: string;
  readonly effects?: readonly StageEffect<C>[];
}

/** What a stage handler returns. The stage kit converts it to a reply and adds the challenge to a rejection. */
export type StageOutcome<C extends StageContract> =
  | ChallengeOutcome<C>
  | RejectedOutcome<C>
  | PassedOutcome<C>
  | DeniedOutcome<C>;

type Rest<T, K extends keyof T> = Omit<T, 'type' | K>;

/** Returns the outcome that shows a challenge, without a verdict on a response. */
export const ask = <C extends StageContract>(
  challenge: Challenge<C>,
  rest: Rest<ChallengeOutcome<C>, 'challenge'> = {},
): ChallengeOutcome<C> => ({
  type: 'challenge',
  challenge,
  ...rest,
});

/**
 * Returns the outcome that rejects a response. The gateway shows the challenge again, unless the binding restarts the
 * flow.
 */
export const reject = <C extends StageContract>(
  errors: StageErrors<C>,
  rest: Rest<RejectedOutcome<C>, 'errors'> = {},
): RejectedOutcome<C> => ({ type: 'rejected', errors, ...rest });

/** Returns the outcome that lets the flow continue with the next step. */
export const pass = <C extends StageContract>(rest: Rest<PassedOutcome<C>, never> = {}): PassedOutcome<C> => ({
  type: 'passed',
  ...rest,
});

/** Returns the outcome that ends the flow. Without a message the visitor sees `Unknown error`. */
export const deny = <C extends StageContract>(rest: Rest<DeniedOutcome<C>, never> = {}): DeniedOutcome<C> => ({
  type: 'denied',
  ...rest,
});
