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

/** The body of a Python function, by an id of the asker's. */
export interface FieldExpression {
  readonly id: string;
  /** Of the field that it fills in, for the log. */
  readonly name: string;
  readonly source: string;
}

/** What the policies of a form say of what was filled in. */
export interface FormVerdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
}

/** What is evaluated elsewhere, where foreign code may run. Throws Busy when nobody there answers in time. */
export abstract class Evaluations {
  /** What each expression comes to, by its id; one that fails, which is logged, has no value. */
  abstract valuesOf(expressions: readonly FieldExpression[], about: EvaluationSubject, names: Bag): Promise<Bag>;
  /** Whether all of `policies` accept `values`, which is all that they see of the plan. One that cannot decide does not. */
  abstract judge(policies: readonly ValidationPolicy[], about: EvaluationSubject, values: Bag): Promise<FormVerdict>;
}
