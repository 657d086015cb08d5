import { hash } from 'node:crypto';
import { isLinkUnconfirmed, type Plan } from '@gatehouse/plan';
import type { FlowContext } from './flow-context.js';

const DIGEST_LENGTH = 16;

const digestOf = (text: string) => hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);

/** Returns the public id of a plan. It reveals nothing about the plan and its secret id. */
export const publicRunId = (planId: string): string => digestOf(planId);

/**
 * Returns the id of the challenge that a plan shows: the plan's public id, a dot, and a digest of the step. The id
 * changes when an answer was judged, not when a GET is repeated (docs/spec/executor.md#step-ids).
 */
export const stepIdOf = (plan: Plan): string => `${publicRunId(plan.id)}.${stepDigest(plan)}`;

/**
 * Returns a digest of the current step. The question of a mailed link and the cross-site question are shown before the
 * step, so each of them has a digest of its own.
 */
function stepDigest(plan: Plan): string {
  const { steps, cursor, answers, cross_site, shown } = plan;
  const asks = isLinkUnconfirmed(plan) ? 'link' : cross_site && !shown ? 'cross-site' : 'step';
  return digestOf(JSON.stringify([steps[cursor], answers, asks]));
}

/**
 * Returns whether the answer names another step than the current one, for example because the browser has sent it
 * twice. If this request has started a new plan, because the old one expired, only the digests of the steps are
 * compared. In a browser with a switching cookie, no answer of a logged-in user counts for a new plan: the page may be
 * that of another user.
 */
export function namesOtherStep({ plan, context }: { readonly plan: Plan; readonly context: FlowContext }): boolean {
  const named = context.request.answer?.step;
  if (context.continued) return named !== undefined && named !== stepIdOf(plan);
  if (context.request.loginSet && context.user) return true;
  return named !== undefined && !named.endsWith(`.${stepDigest(plan)}`);
}

/** Returns whether a step id (`named`) belongs to this plan. */
export const namesStepOf = ({ id }: Plan, named: string | undefined): boolean =>
  named?.startsWith(`${publicRunId(id)}.`) === true;
