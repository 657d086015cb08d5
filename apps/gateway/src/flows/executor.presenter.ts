import { type Catalogue, type Errors, fieldMessages, render, type Translate } from '@gatehouse/contracts';
import { type ChallengeSource, type FlowResponse, type FlowResult, UNKNOWN_ERROR } from '@gatehouse/executor';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import type { AvatarService } from '../users/avatars/avatar.service.js';
import { displayedUser, flowInfo, userInfo } from './flow-info.js';

interface PresentationContext {
  readonly requestId: string;
  readonly avatars: AvatarService;
  /** Into the visitor's language. */
  readonly translate: Translate;
}

/**
 * What the executor told, as the wire's challenge (docs/spec/executor.md#envelope,
 * docs/spec/executor.md#terminal-challenges).
 */
export function presentFlowResponse(answer: FlowResponse, surroundings: PresentationContext): HttpResponseBody {
  const { told } = answer;
  const { requestId, translate } = surroundings;
  switch (told.type) {
    case 'show':
      return { status: 200, body: challengeOf(answer, told, surroundings) };
    case 'done':
      return { status: 200, body: { component: 'xak-flow-redirect', to: told.to } };
    case 'denied':
      return { status: 200, body: accessDenied(answer, told, surroundings) };
    case 'problem':
      return presentProblem(told.problem, { requestId, details: maySeeDetails(answer), translate });
  }
}

function challengeOf(
  answer: FlowResponse,
  { contract, challenge, errors }: Extract<FlowResult, { type: 'show' }>,
  { avatars, translate }: PresentationContext,
) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    ...challenge,
    ...translatedTexts(challenge, contract.texts, translate),
    component: componentOf(contract, challenge),
    flow_info: flowInfo(answer, user),
    ...(contract.user_info ? userInfo(user, avatars) : {}),
    ...(errors ? { response_errors: renderedErrors(errors, contract.errors, translate) } : {}),
  };
}

function accessDenied(
  answer: FlowResponse,
  { message }: Extract<FlowResult, { type: 'denied' }>,
  { avatars, translate }: PresentationContext,
) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    component: 'ak-stage-access-denied',
    flow_info: flowInfo(answer, user),
    ...userInfo(user, avatars),
    error_message: render(message ?? UNKNOWN_ERROR, translate).string,
  };
}

/** A challenge may be of another component than its stage's own where the contract says of which. */
const componentOf = ({ component, shows_as = [] }: ChallengeSource, challenge: Readonly<Record<string, unknown>>) =>
  shows_as.find((other) => other === challenge['component']) ?? component;

/** What the house itself says in a challenge. */
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

/** A field without a message does not appear; an empty object is still a refusal. */
const renderedErrors = (errors: Errors, own: Catalogue, translate: Translate) =>
  Object.fromEntries(
    Object.entries(errors)
      .filter(([, messages]) => messages.length > 0)
      .map(([field, messages]) => [field, messages.map((message) => render(message, translate, own, fieldMessages))]),
  );

const maySeeDetails = ({ sessionUser }: FlowResponse) =>
  sessionUser?.is_superuser === true || sessionUser?.debug === true;
