import {
  POLICY_SUBJECT,
  type PolicyReply,
  type PolicyRequest,
  PROTOCOL_VERSION,
  policyReplyTo,
} from '@gatehouse/contracts';
import { Logger, Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { ValidationPolicy } from './prompt.contract.js';

/** The fields of a policy request that describe the visitor and the flow. */
export type EvaluationSubject = Pick<
  PolicyRequest,
  'id' | 'timeout_ms' | 'locale' | 'user' | 'visitor' | 'client' | 'method' | 'site' | 'flow_plan' | 'dry_run'
>;

/** HTTP method of the visitor's request. */
export type RequestMethod = NonNullable<PolicyRequest['method']>;

type Values = Readonly<Record<string, unknown>>;
type PolicyQuery = Pick<PolicyRequest, 'policies' | 'context'> & Partial<Pick<PolicyRequest, 'callable' | 'names'>>;

/** A Python expression (the body of a function) of a form field. */
export interface FieldExpression {
  readonly id: string;
  /** Name of the field, for the log. */
  readonly name: string;
  readonly source: string;
}

/** The decision of the validation policies of a form, with the messages for the visitor. */
export interface FormVerdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
}

const logger = new Logger();

/**
 * Evaluates the expressions and validation policies of a form in the policy service. Sends one request for all
 * expressions and one for all policies. Throws a `Problem` with status 503 if no policy service replies in time.
 */
@Injectable()
export class FormPolicyClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /**
   * Returns the results of the expressions by expression id. Logs each expression that throws, and returns no result
   * for it.
   */
  async evaluate(
    expressions: readonly FieldExpression[],
    subject: EvaluationSubject,
    variables: Values,
  ): Promise<Values> {
    if (expressions.length === 0) return {};
    const policies = expressions.map(({ id, name, source }) => ({
      ...{ id, name, kind: 'expression', config: { expression: source } },
      ...{ timeout_ms: subject.timeout_ms, value: true },
    }));
    const { results } = await this.send(subject, { policies, context: {}, names: { ...variables, user: null } });
    logErrors(policies, results, 'expression_failed');
    return Object.fromEntries(
      expressions.flatMap(({ id }) => (results[id]?.error === undefined ? [[id, results[id]?.value ?? null]] : [])),
    );
  }

  /**
   * Returns whether all policies accept `values`. The policies see these values as `prompt_data`, but no facts of the
   * plan. A policy that throws counts as a rejection.
   */
  async validate(
    validationPolicies: readonly ValidationPolicy[],
    subject: EvaluationSubject,
    values: Values,
  ): Promise<FormVerdict> {
    if (validationPolicies.length === 0) return { pass: true, messages: [] };
    const policies = validationPolicies.map((policy) => ({ ...policy, timeout_ms: subject.timeout_ms }));
    const callable = validationPolicies.flatMap((policy) => policy.callable);
    const flow_plan = { slug: subject.flow_plan.slug, context: {}, withheld: true };
    const query = { policies, callable, context: { prompt_data: values } };
    const { results: resultsById } = await this.send({ ...subject, flow_plan }, query);
    logErrors(policies, resultsById, 'validation_policy_failed');
    const results = policies.map(({ id }) => resultsById[id]);
    return {
      pass: results.every((result) => result?.pass === true),
      messages: results.flatMap((result) => result?.messages ?? []),
    };
  }

  private send(subject: EvaluationSubject, query: PolicyQuery): Promise<PolicyReply> {
    const body = JSON.stringify({ v: PROTOCOL_VERSION, ...subject, ...query } satisfies PolicyRequest);
    const reply = policyReplyTo(query.policies);
    return requestOverBus(this.requester, { subject: POLICY_SUBJECT, body, timeoutMs: subject.timeout_ms, reply });
  }
}

function logErrors(
  policies: PolicyQuery['policies'],
  results: PolicyReply['results'],
  event: 'expression_failed' | 'validation_policy_failed',
): void {
  for (const { id, name } of policies) {
    const error = results[id]?.error;
    if (error !== undefined) logger.event(event, { policy: name, reason: error });
  }
}
