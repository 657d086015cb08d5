import { type Catalogue, type Errors, fieldMessages, render, type Translate } from '@gatehouse/contracts';
import { type FlowAnswer, type Shower, type Told, UNKNOWN_ERROR } from '../execution/request.js';
import type { Avatars } from './avatars.js';
import { displayedUser, flowInfo, userInfo } from './flow-info.js';
import { type HttpAnswer, presentProblem } from './problem.presenter.js';

interface Surroundings {
  readonly requestId: string;
  readonly avatars: Avatars;
  /** Into the visitor's language. */
  readonly translate: Translate;
}

/**
 * What the executor told, as the wire's challenge (docs/spec/executor.md#envelope,
 * docs/spec/executor.md#terminal-challenges).
 */
export function presentAnswer(answer: FlowAnswer, surroundings: Surroundings): HttpAnswer {
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
  answer: FlowAnswer,
  { contract, challenge, errors }: Extract<Told, { type: 'show' }>,
  { avatars, translate }: Surroundings,
) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    ...challenge,
    ...spoken(challenge, contract.texts, translate),
    component: componentOf(contract, challenge),
    flow_info: flowInfo(answer, user),
    ...(contract.user_info ? userInfo(user, avatars) : {}),
    ...(errors ? { response_errors: rendered(errors, contract.errors, translate) } : {}),
  };
}

function accessDenied(
  answer: FlowAnswer,
  { message }: Extract<Told, { type: 'denied' }>,
  { avatars, translate }: Surroundings,
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
const componentOf = ({ component, shows_as = [] }: Shower, challenge: Readonly<Record<string, unknown>>) =>
  shows_as.find((other) => other === challenge['component']) ?? component;

/** What the house itself says in a challenge. */
const spoken = (challenge: Readonly<Record<string, unknown>>, texts: Shower['texts'], translate: Translate) =>
  Object.fromEntries(
    Object.keys(texts).flatMap((field) => {
      const text = challenge[field];
      return typeof text === 'string' ? [[field, translate(text)]] : [];
    }),
  );

/** A field without a message does not appear; an empty object is still a refusal. */
const rendered = (errors: Errors, own: Catalogue, translate: Translate) =>
  Object.fromEntries(
    Object.entries(errors)
      .filter(([, messages]) => messages.length > 0)
      .map(([field, messages]) => [field, messages.map((message) => render(message, translate, own, fieldMessages))]),
  );

const maySeeDetails = ({ sessionUser }: FlowAnswer) =>
  sessionUser?.is_superuser === true || sessionUser?.debug === true;
