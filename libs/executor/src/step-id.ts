import { hash } from 'node:crypto';
import { isLinkUnconfirmed, type Plan } from '@gatehouse/plan';
import type { FlowContext } from './flow-context.js';

const DIGEST_LENGTH = 16;

const digestOf = (text: string) => hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);

/** Returns the public id of a run, which reveals nothing about the plan. */
export const publicRunId = (planId: string): string => digestOf(planId);

/**
 * Returns the id of the challenge that a plan shows: the public id of the run, a dot, and a digest of the step. A judged
 * answer changes it, and a repeated GET does not (docs/spec/executor.md#step-ids).
 */
export const stepIdOf = (plan: Plan): string => `${publicRunId(plan.id)}.${stepDigest(plan)}`;

/** The question of a mailed link and that of a cross-site run are asked before the step, and have ids of their own. */
function stepDigest(plan: Plan): string {
  const { steps, cursor, answers, cross_site, shown } = plan;
  const asks = isLinkUnconfirmed(plan) ? 'link' : cross_site && !shown ? 'cross-site' : 'step';
  return digestOf(JSON.stringify([steps[cursor], answers, asks]));
}

/**
 * Returns whether the answer names another step than the current one, for example because the browser has sent it twice.
 * In a plan that this request has started, the first step of an expired plan counts as the current one.
 */
export function namesOtherStep({ plan, context }: { readonly plan: Plan; readonly context: FlowContext }): boolean {
  const named = context.request.answer?.step;
  if (named === undefined) return false;
  return context.continued ? named !== stepIdOf(plan) : !named.endsWith(`.${stepDigest(plan)}`);
}

/** Returns whether an answer names a step of this plan. */
export const namesStepOf = ({ id }: Plan, named: string | undefined): boolean =>
  named?.startsWith(`${publicRunId(id)}.`) === true;
