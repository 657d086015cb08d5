import {
  type ApiView,
  type Catalogue,
  type Errors,
  fieldMessages,
  interpolate,
  redirectChallenge,
  render,
  STAGE_FORM_FIELD,
  type Translate,
  valueIn,
} from '@gatehouse/contracts';
import {
  type ChallengeSource,
  type FlowResponse,
  type FlowResult,
  publicRunId,
  UNKNOWN_ERROR,
} from '@gatehouse/executor';
import { type Locale, translator } from '@gatehouse/texts';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import type { AvatarService } from '../users/avatars/avatar.service.js';
import { displayedUser, flowInfo, userInfo } from './flow-info.js';
import { REASON_HEADER, reasonsOf } from './reason.header.js';

/**
 * Response header with the public id of the run. When the id changes, a page detects that another run has replaced the
 * run that it shows.
 */
const RUN_ID_HEADER = 'x-gatehouse-run';

/**
 * Response header with the id of the shown step, and request header with the id of the step that the answer is for
 * (docs/spec/executor.md#step-ids).
 */
export const STEP_ID_HEADER = 'x-gatehouse-step';

/** Returns the response headers with the ids of the run and of the shown step. */
export const idHeaders = ({ planId, stepId }: FlowResponse): Readonly<Record<string, string>> => ({
  ...(planId !== undefined && { [RUN_ID_HEADER]: publicRunId(planId) }),
  ...(stepId !== undefined && { [STEP_ID_HEADER]: stepId }),
});

interface PresentationContext {
  readonly requestId: string;
  readonly avatars: AvatarService;
  /** The visitor's language. */
  readonly locale: Locale;
  /** The fields that the client understands. */
  readonly view: ApiView;
}

/**
 * Returns the response of the executor as a challenge (docs/spec/executor.md#envelope,
 * docs/spec/executor.md#terminal-challenges).
 */
export function presentFlowResponse(response: FlowResponse, context: PresentationContext): HttpResponseBody {
  const { result } = response;
  const { requestId, locale } = context;
  switch (result.type) {
    case 'show':
      return { status: 200, headers: reasonHeaders(result), body: challengeOf(response, result, context) };
    case 'done':
      return { status: 200, body: redirectOf(result, context) };
    case 'denied':
      return { status: 200, headers: reasonHeaders(result), body: accessDenied(response, result, context) };
    case 'problem':
      return presentProblem(result.problem, {
        requestId,
        details: maySeeDetails(response),
        translate: translator(locale),
      });
  }
}

/** Returns the redirect challenge of a flow that is done or continues in another flow. */
const redirectOf = ({ to, continues }: Extract<FlowResult, { type: 'done' }>, { view }: PresentationContext) => ({
  component: 'xak-flow-redirect',
  ...valueIn(view, redirectChallenge, { to, final_redirect: continues !== true }),
});

function reasonHeaders(result: FlowResult): Readonly<Record<string, string>> {
  const reasons = reasonsOf(result);
  return reasons === undefined ? {} : { [REASON_HEADER]: reasons };
}

function challengeOf(
  response: FlowResponse,
  { contract, challenge, errors }: Extract<FlowResult, { type: 'show' }>,
  { avatars, locale, view }: PresentationContext,
) {
  const user = displayedUser(response.context, response.sessionUser);
  const translate = translatorOf(contract, locale);
  // V8 adds properties several times as fast with `Object.assign` as after a spread.
  return Object.assign(
    {},
    contract.challenge ? valueIn(view, contract.challenge, challenge) : challenge,
    translatedTexts(challenge, contract.texts, translate),
    { component: componentOf(contract, challenge), flow_info: flowInfo(response, user, view) },
    contract.form ? { [STAGE_FORM_FIELD]: contract.form.inLanguage(locale) } : {},
    contract.user_info ? userInfo(user, avatars) : {},
    errors ? { response_errors: renderedErrors(errors, contract.errors, translate) } : {},
  );
}

/** Returns a translator that uses the stage's own translations first, then those of Gatehouse. */
function translatorOf({ form }: ChallengeSource, locale: Locale): Translate {
  const texts = form?.translations[locale] ?? {};
  const translate = translator(locale);
  return (text, params) => (Object.hasOwn(texts, text) ? interpolate(texts[text]!, params) : translate(text, params));
}

function accessDenied(
  response: FlowResponse,
  { message }: Extract<FlowResult, { type: 'denied' }>,
  { avatars, locale, view }: PresentationContext,
) {
  const user = displayedUser(response.context, response.sessionUser);
  return {
    component: 'ak-stage-access-denied',
    flow_info: flowInfo(response, user, view),
    ...userInfo(user, avatars),
    error_message: render(message ?? UNKNOWN_ERROR, translator(locale)).string,
  };
}

/**
 * Returns the component that the challenge names if `shows_as` of the contract lists it, else the component of the
 * contract.
 */
const componentOf = ({ component, shows_as = [] }: ChallengeSource, challenge: Readonly<Record<string, unknown>>) =>
  shows_as.find((other) => other === challenge['component']) ?? component;

/** Returns the translations of those fields of a challenge that the contract lists in `texts`. */
const translatedTexts = (
  challenge: Readonly<Record<string, unknown>>,
  texts: ChallengeSource['texts'],
  translate: Translate,
) =>
  Object.fromEntries(
    Object.keys(texts).flatMap((field) => {
      const text = challenge[field];
      return typeof text === 'string' ? [[field, translate(text)]] : [];
    }),
  );

/**
 * Returns the rendered messages by field, without the fields that have no message. An empty result still tells the
 * client that the answer was refused.
 */
const renderedErrors = (errors: Errors, catalogue: Catalogue, translate: Translate) =>
  Object.fromEntries(
    Object.entries(errors)
      .filter(([, messages]) => messages.length > 0)
      .map(([field, messages]) => [
        field,
        messages.map((message) => render(message, translate, catalogue, fieldMessages)),
      ]),
  );

const maySeeDetails = ({ sessionUser }: FlowResponse) =>
  sessionUser?.is_superuser === true || sessionUser?.debug === true;
