import type { Effect } from './effect.js';
import type { FieldMessageCode } from './field-messages.js';
import type { Challenge, ErrorCode, Response, StageContract, State, Writes } from './stage-contract.js';
import type { Insert } from './stage-reply.js';

/** A message that this contract, or the field types, have a sentence for; or foreign text. */
export type OwnMessage<C extends StageContract> =
  | { readonly code: ErrorCode<C> | FieldMessageCode; readonly params?: Record<string, string | number> }
  | { readonly text: string; readonly wire?: string };

type OwnEffect<C extends StageContract> = Extract<Effect, { type: C['effects'][number] }>;
type Field<C extends StageContract> = (keyof Response<C> & string) | 'non_field_errors';

export type OwnErrors<C extends StageContract> = Partial<Record<Field<C>, readonly OwnMessage<C>[]>>;

interface Kept<C extends StageContract> {
  readonly state?: State<C>;
  readonly context?: Writes<C>;
}
export interface Asked<C extends StageContract> extends Kept<C> {
  readonly type: 'challenge';
  readonly challenge: Challenge<C>;
  readonly errors?: OwnErrors<C>;
  readonly effects?: readonly OwnEffect<C>[];
}
export interface Rejected<C extends StageContract> extends Kept<C> {
  readonly type: 'rejected';
  readonly errors: OwnErrors<C>;
  readonly failed?: readonly string[];
  readonly effects?: readonly OwnEffect<C>[];
}
export interface Passed<C extends StageContract> {
  readonly type: 'passed';
  readonly context?: Writes<C>;
  readonly effects?: readonly OwnEffect<C>[];
  readonly insert?: Insert;
  readonly verified?: readonly string[];
}
export interface Denied<C extends StageContract> {
  readonly type: 'denied';
  readonly message?: OwnMessage<C>;
  readonly context?: Writes<C>;
  readonly failed?: readonly string[];
  readonly effects?: readonly OwnEffect<C>[];
}

/** What a handler returns. The kit turns it into a reply, adding to a rejection the challenge to show again. */
export type StageOutcome<C extends StageContract> = Asked<C> | Rejected<C> | Passed<C> | Denied<C>;

type Rest<T, K extends keyof T> = Omit<T, 'type' | K>;

/** Asks, or asks again without having judged anything. */
export const ask = <C extends StageContract>(
  challenge: Challenge<C>,
  rest: Rest<Asked<C>, 'challenge'> = {},
): Asked<C> => ({
  type: 'challenge',
  challenge,
  ...rest,
});

/** Refuses an answer; the same step is asked again unless its binding says otherwise. */
export const reject = <C extends StageContract>(
  errors: OwnErrors<C>,
  rest: Rest<Rejected<C>, 'errors'> = {},
): Rejected<C> => ({ type: 'rejected', errors, ...rest });

/** Is content; the flow goes on. */
export const pass = <C extends StageContract>(rest: Rest<Passed<C>, never> = {}): Passed<C> => ({
  type: 'passed',
  ...rest,
});

/** Ends the flow. Without a message the visitor reads `Unknown error`. */
export const deny = <C extends StageContract>(rest: Rest<Denied<C>, never> = {}): Denied<C> => ({
  type: 'denied',
  ...rest,
});
