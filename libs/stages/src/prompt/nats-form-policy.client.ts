import {
  POLICY_SUBJECT,
  type PolicyReply,
  type PolicyRequest,
  PROTOCOL_VERSION,
  policyReplyTo,
} from '@gatehouse/contracts';
import { Logger, Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { type EvaluationSubject, Evaluations, type FieldExpression, type FormVerdict } from './evaluations.js';
import type { ValidationPolicy } from './prompt.contract.js';

type Bag = Readonly<Record<string, unknown>>;
type PolicyQuery = Pick<PolicyRequest, 'policies' | 'context'> & Partial<Pick<PolicyRequest, 'callable' | 'names'>>;

const logger = new Logger('prompt');

/** Asks the policy service over the bus, with one request for all expressions of a form and one for all its policies. */
@Injectable()
export class NatsEvaluations extends Evaluations {
  constructor(@Inject(Requester) private readonly requester: Requester) {
    super();
  }

  async valuesOf(expressions: readonly FieldExpression[], about: EvaluationSubject, names: Bag): Promise<Bag> {
    if (expressions.length === 0) return {};
    const policies = expressions.map(({ id, name, source }) => ({
      ...{ id, name, kind: 'expression', config: { expression: source } },
      ...{ timeout_ms: about.timeout_ms, value: true },
    }));
    const { results } = await this.ask(about, { policies, context: {}, names: { ...names, user: null } });
    logErrors(policies, results, 'the expression of a field failed');
    return Object.fromEntries(
      expressions.flatMap(({ id }) => (results[id]?.error === undefined ? [[id, results[id]?.value ?? null]] : [])),
    );
  }

  async judge(judges: readonly ValidationPolicy[], about: EvaluationSubject, values: Bag): Promise<FormVerdict> {
    if (judges.length === 0) return { pass: true, messages: [] };
    const policies = judges.map((policy) => ({ ...policy, timeout_ms: about.timeout_ms }));
    const callable = judges.flatMap(({ callable: called }) => called);
    const flow_plan = { slug: about.flow_plan.slug, context: {}, withheld: true };
    const asked = { policies, callable, context: { prompt_data: values } };
    const { results } = await this.ask({ ...about, flow_plan }, asked);
    logErrors(policies, results, 'a policy of a form could not decide');
    const said = policies.map(({ id }) => results[id]);
    return { pass: said.every((one) => one?.pass === true), messages: said.flatMap((one) => one?.messages ?? []) };
  }

  private ask(about: EvaluationSubject, asked: PolicyQuery): Promise<PolicyReply> {
    const body = JSON.stringify({ v: PROTOCOL_VERSION, ...about, ...asked } satisfies PolicyRequest);
    const reply = policyReplyTo(asked.policies);
    return requestOverBus(this.requester, { subject: POLICY_SUBJECT, body, timeoutMs: about.timeout_ms, reply });
  }
}

function logErrors(policies: PolicyQuery['policies'], results: PolicyReply['results'], what: string): void {
  for (const { id, name } of policies) {
    const error = results[id]?.error;
    if (error !== undefined) logger.event(what, { name, error });
  }
}
