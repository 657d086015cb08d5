import type { PolicyRequest } from '@gatehouse/contracts';
import type { ValidationPolicy } from './prompt.contract.js';

/** Whom and what expressions and policies look at. */
export type EvaluationSubject = Pick<
  PolicyRequest,
  'id' | 'timeout_ms' | 'locale' | 'user' | 'client' | 'method' | 'site' | 'flow_plan'
>;

/** How the visitor's request came. */
export type Method = NonNullable<PolicyRequest['method']>;

type Bag = Readonly<Record<string, unknown>>;

/** The body of a Python function, with an id that the caller chooses. */
export interface FieldExpression {
  readonly id: string;
  /** The name of the field, for the log. */
  readonly name: string;
  readonly source: string;
}

/** The decision of the validation policies of a form, with the messages for the visitor. */
export interface FormVerdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
}

/** Evaluates expressions and policies of a form. Throws a Problem with status 503 when no service evaluates them in time. */
export abstract class Evaluations {
  /** Returns the value of each expression by its id. Logs an expression that fails, and leaves its value out. */
  abstract valuesOf(expressions: readonly FieldExpression[], about: EvaluationSubject, names: Bag): Promise<Bag>;
  /** Whether all of `policies` accept `values`, which is all that they see of the plan. One that cannot decide does not. */
  abstract judge(policies: readonly ValidationPolicy[], about: EvaluationSubject, values: Bag): Promise<FormVerdict>;
}
