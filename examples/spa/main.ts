/**
 * A login without a framework: forms for the challenges of identification, password and authenticator validation, and a
 * link to Gatehouse for any other challenge.
 */
import type { Challenge, ChallengeResponse, FieldErrors, FlowResult, FlowRun } from '@gatehouse/client';
import { client, currentUser, gatehouse, LOGIN, LOGOUT, waitingText } from './session.js';

const main = document.querySelector('main') as HTMLElement;

/** A form for a challenge: its input, and a function that makes the response from the value. */
interface ChallengeForm {
  readonly label: string;
  readonly type: 'text' | 'password';
  readonly errors: FieldErrors<Record<string, unknown>> | undefined;
  readonly response: (value: string) => ChallengeResponse;
}

/** Returns the form for a challenge, or undefined for a challenge that this page cannot show. */
function formOf(challenge: Challenge): ChallengeForm | undefined {
  const errors = challenge.response_errors as ChallengeForm['errors'];
  switch (challenge.component) {
    case 'ak-stage-identification':
      return {
        ...{ label: 'Username', type: 'text', errors },
        response: (uid_field) => ({ component: challenge.component, uid_field }),
      };
    case 'ak-stage-password':
      return {
        ...{ label: 'Password', type: 'password', errors },
        response: (password) => ({ component: challenge.component, password }),
      };
    case 'ak-stage-authenticator-validate':
      return {
        ...{ label: 'Code', type: 'text', errors },
        response: (code) => ({ component: challenge.component, code }),
      };
    default:
      return undefined;
  }
}

async function begin(flow: string) {
  const run = await client.start(flow, { onWait: (wait) => main.replaceChildren(paragraph(waitingText(wait))) });
  show(run, run.result);
}

function show(run: FlowRun, result: FlowResult | undefined) {
  switch (result?.kind) {
    case 'challenge':
      return showChallenge(run, result.challenge);
    case 'denied':
    case 'error':
      return main.replaceChildren(
        paragraph(result.message),
        button('Try again', () => begin(LOGIN)),
      );
    default:
      // The redirect leads to the start page of Gatehouse. This page continues by itself.
      return void showUser();
  }
}

function showChallenge(run: FlowRun, challenge: Challenge) {
  const shown = formOf(challenge);
  if (!shown) return main.replaceChildren(linkToGatehouse());
  const form = document.createElement('form');
  const label = document.createElement('label');
  const input = document.createElement('input');
  const submit = document.createElement('button');
  input.type = shown.type;
  submit.textContent = 'Continue';
  label.append(`${shown.label} `, input);
  const errors = Object.values(shown.errors ?? {}).flatMap((messages) => messages ?? []);
  form.append(label, submit, ...errors.map(({ string }) => paragraph(string, 'alert')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    void run.solve(shown.response(input.value)).then((result) => show(run, result));
  });
  main.replaceChildren(form);
  input.focus();
}

async function showUser() {
  const name = await currentUser();
  if (name === undefined) return begin(LOGIN);
  return main.replaceChildren(
    paragraph(`Signed in as ${name}.`),
    button('Log out', () => begin(LOGOUT)),
  );
}

function paragraph(text: string, role = 'status') {
  const element = document.createElement('p');
  element.role = role;
  element.textContent = text;
  return element;
}

function button(text: string, act: () => Promise<void>) {
  const element = document.createElement('button');
  element.textContent = text;
  element.addEventListener('click', () => void act());
  return element;
}

function linkToGatehouse() {
  const link = document.createElement('a');
  link.href = `${gatehouse}/if/flow/${LOGIN}/`;
  link.textContent = 'Continue at Gatehouse';
  return link;
}

void showUser();
