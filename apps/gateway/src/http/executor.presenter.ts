import { type Errors, fieldMessages, render } from '@gatehouse/contracts';
import type { FlowAnswer, Told } from '../execution/request.js';
import type { Avatars } from './avatars.js';
import { displayedUser, flowInfo, userInfo } from './flow-info.js';
import { type HttpAnswer, presentProblem } from './problem.presenter.js';

interface Surroundings {
  readonly requestId: string;
  readonly avatars: Avatars;
}

/** What the executor told, as the wire's challenge (01-executor §4, §5). */
export function presentAnswer(answer: FlowAnswer, { requestId, avatars }: Surroundings): HttpAnswer {
  const { told } = answer;
  switch (told.type) {
    case 'show':
      return { status: 200, body: challengeOf(answer, told, avatars) };
    case 'done':
      return { status: 200, body: { component: 'xak-flow-redirect', to: told.to } };
    case 'denied':
      return { status: 200, body: accessDenied(answer, told, avatars) };
    case 'problem':
      return presentProblem(told.problem, { requestId, details: maySeeDetails(answer) });
  }
}

function challengeOf(
  answer: FlowAnswer,
  { contract, challenge, errors }: Extract<Told, { type: 'show' }>,
  avatars: Avatars,
) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    ...challenge,
    component: contract.component,
    flow_info: flowInfo(answer, user),
    ...(contract.user_info ? userInfo(user, avatars) : {}),
    ...(errors ? { response_errors: rendered(errors, contract.errors) } : {}),
  };
}

function accessDenied(answer: FlowAnswer, { message }: Extract<Told, { type: 'denied' }>, avatars: Avatars) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    component: 'ak-stage-access-denied',
    flow_info: flowInfo(answer, user),
    ...userInfo(user, avatars),
    error_message: message ? render(message).string : 'Unknown error',
  };
}

/** A field without a message does not appear; an empty object is still a refusal. */
const rendered = (errors: Errors, own: Parameters<typeof render>[1]) =>
  Object.fromEntries(
    Object.entries(errors)
      .filter(([, messages]) => messages.length > 0)
      .map(([field, messages]) => [field, messages.map((message) => render(message, own ?? {}, fieldMessages))]),
  );

const maySeeDetails = ({ sessionUser }: FlowAnswer) =>
  sessionUser?.is_superuser === true || sessionUser?.debug === true;
