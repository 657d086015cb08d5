import { randomUUID } from 'node:crypto';
import { bodyErrors, type StageContract, sentence } from '@gatehouse/contracts';
import { markCrossSite, type Plan, type Step } from '@gatehouse/plan';
import { agrees, type ConsentQuestion, consentQuestion } from './consent-question.js';
import type { CrossSite } from './flow-request.js';

const HEADER = sentence('Another website sent you here. Continue only if you want to.').text;

/**
 * Returns the plan, with a cross-site mark if another site caused the request and `crossSite` includes this plan. A
 * plan whose mailed link is not confirmed yet gets no mark, because it asks the visitor for a confirmation anyway.
 */
export function withCrossSiteMark(
  plan: Plan,
  crossSite: CrossSite | undefined,
  { isNew }: { readonly isNew: boolean },
): Plan {
  const isMarked = crossSite === 'any' || (crossSite === 'new' && isNew);
  if (!isMarked || plan.cross_site || plan.resumed?.confirmed === false) return plan;
  return markCrossSite(plan, randomUUID());
}

/**
 * Returns the question that a plan with a cross-site mark asks before it enters a step with side effects; `undefined`
 * if it may enter the step without a question.
 */
export function crossSiteQuestion(
  { cross_site, shown }: Plan,
  step: Step,
  contract: StageContract | undefined,
): ConsentQuestion | undefined {
  if (!cross_site || shown?.step === step.id || !contract?.acts_on_entry(step.config)) return undefined;
  return consentQuestion(HEADER, cross_site.token);
}

/**
 * Whether a person must have given the answer, because a script of another page could not: the answer is a JSON object
 * and, if the contract lists `personal_fields`, has one of them.
 */
export function isVisitorAction(answer: unknown, contract: StageContract | undefined): boolean {
  if (bodyErrors(answer)) return false;
  const fields = contract?.personal_fields;
  return fields === undefined || fields.some((field) => (answer as Record<string, unknown>)[field] != null);
}

/** Whether an answer confirms the question that a plan with a cross-site mark asks. */
export const confirmsCrossSite = (body: unknown, { cross_site }: Plan): boolean => agrees(body, cross_site?.token);
