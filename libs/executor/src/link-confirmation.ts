import { type AuditEvent, bodyErrors, type Message, NON_FIELD_ERRORS, sentence } from '@gatehouse/contracts';
import { currentStep, type FlowVersion, isLinkUnconfirmed, type Plan } from '@gatehouse/plan';
import { hasValue } from './attempts/reservation-factory.js';
import {
  agrees,
  CONSENT_COMPONENT,
  type ConsentQuestion,
  consentQuestion,
  withTokenError,
} from './consent-question.js';
import { type FlowResponse, unapplied } from './flow-response.js';
import type { FlowRun } from './flow-run.js';
import type { StageContractRegistry } from './ports/clients.js';
import { randomToken } from './resume-links.js';
import { namesOtherStep } from './step-id.js';

const HEADER = sentence('Continue to confirm this email address.').text;

/** Length of the token that an answer must contain to confirm a link. The token consists of letters and digits. */
const CONSENT_LENGTH = 32;

/** Message for a visitor whose mailed link was used up or has expired. */
export const LINK_GONE: Message = {
  ...sentence('Link was already used, please request a new link.'),
  wire: 'link-used',
};

const LINK_USED: AuditEvent = { action: 'link_used', context: { proof: 'link' } };

/**
 * Returns the plan. If its mailed link is unconfirmed, adds a token, which an answer must contain to confirm the link.
 */
export function withLinkToken(plan: Plan): Plan {
  const { resumed } = plan;
  if (!resumed || resumed.confirmed || resumed.consent !== undefined) return plan;
  return { ...plan, resumed: { ...resumed, consent: randomToken(CONSENT_LENGTH) } };
}

/**
 * Returns the question whether to continue with the mailed link; `undefined` for a plan without an unconfirmed link.
 */
export const linkQuestion = (plan: Plan): ConsentQuestion | undefined =>
  isLinkUnconfirmed(plan) ? consentQuestion(HEADER, plan.resumed?.consent ?? '', { confirms: 'email' }) : undefined;

/**
 * Returns the question whether to continue with the mailed link, if it must be asked now. Mail scanners open links too,
 * so only an answer with the question's token uses the link up. The code in the same mail needs no confirmation
 * (docs/spec/plan.md#mailed-links).
 */
export function askAboutLink(run: FlowRun, contracts: StageContractRegistry): ConsentQuestion | undefined {
  const question = linkQuestion(run.plan);
  const { answer } = run.context.request;
  if (!question || !answer) return question;
  if (namesOtherStep(run)) return unapplied(question);
  const { body } = answer;
  const { version, site } = run.context;
  if (agrees(body, run.plan.resumed?.consent)) {
    run.confirm();
    run.record([{ type: 'event', ...LINK_USED }]);
  } else if (!isOtherProof(body, contracts, run))
    return isForOther(body, contracts, { own: CONSENT_COMPONENT, version })
      ? question
      : withTokenError(question, site.api_version);
  return undefined;
}

/**
 * Whether the answer is an attempt to prove access to the mailbox without the link, such as the code from the same
 * mail. Such an answer needs no confirmation. If it is right, it uses the link up too.
 */
function isOtherProof(body: unknown, contracts: StageContractRegistry, { plan, context: { version } }: FlowRun) {
  const step = currentStep(plan, version);
  const contract = step && contracts.find(step.kind, version);
  if (!contract?.effects.includes('link_used') || bodyErrors(body)) return false;
  const isCounted = contract.attempts.some(({ when }) => hasValue((body as Record<string, unknown>)[when]));
  return isCounted && !isForOther(body, contracts, { own: contract.component, version });
}

/**
 * Whether an answer names a component that exists, but not `own`. Such an answer comes from a page that still shows an
 * older challenge.
 */
export function isForOther(
  body: unknown,
  contracts: StageContractRegistry,
  { own, version }: { readonly own: string | undefined; readonly version: FlowVersion },
): boolean {
  const component = (body as { component?: unknown } | null | undefined)?.component;
  return typeof component === 'string' && component !== own && contracts.hasComponent(component, version);
}

/** Returns the response. If it shows a challenge, adds the error that the request's mailed link is not valid. */
export function withLinkGone(response: FlowResponse): FlowResponse {
  const { result } = response;
  if (result.type !== 'show') return response;
  const { [NON_FIELD_ERRORS]: others = [], ...errors } = result.errors ?? {};
  return { ...response, result: { ...result, errors: { ...errors, [NON_FIELD_ERRORS]: [LINK_GONE, ...others] } } };
}
