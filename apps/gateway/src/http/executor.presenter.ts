import { type Errors, fieldMessages, render } from '@gatehouse/contracts';
import type { FlowAnswer, Told } from '../execution/request.js';
import { displayedUser, flowInfo, userInfo } from './flow-info.js';
import { type HttpAnswer, presentProblem } from './problem.presenter.js';

/** What the executor told, as the wire's challenge (01-executor §4, §5). */
export function presentAnswer(answer: FlowAnswer, requestId: string): HttpAnswer {
  const { told } = answer;
  switch (told.type) {
    case 'show':
      return { status: 200, body: challengeOf(answer, told) };
    case 'done':
      return { status: 200, body: { component: 'xak-flow-redirect', to: told.to } };
    case 'denied':
      return { status: 200, body: accessDenied(answer, told) };
    case 'problem':
      return presentProblem(told.problem, { requestId, details: maySeeDetails(answer) });
  }
}

function challengeOf(answer: FlowAnswer, { contract, challenge, errors }: Extract<Told, { type: 'show' }>) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    ...challenge,
    component: contract.component,
    flow_info: flowInfo(answer.version, answer.context, user),
    ...(contract.user_info ? userInfo(user) : {}),
    ...(errors ? { response_errors: rendered(errors, contract.errors) } : {}),
  };
}

function accessDenied(answer: FlowAnswer, { message }: Extract<Told, { type: 'denied' }>) {
  const user = displayedUser(answer.context, answer.sessionUser);
  return {
    component: 'ak-stage-access-denied',
    flow_info: flowInfo(answer.version, answer.context, user),
    ...userInfo(user),
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
