import { CSRF_FIELD } from './csrf.js';
import { type Challenge, drawFields, drawMessages, formOf } from './flow-page.forms.js';
import { type Html, html } from './html.js';
import { drawPage, type PageFrame } from './page.view.js';

/** What the page of a flow needs besides the challenge. */
export interface Surroundings extends PageFrame {
  readonly csrfToken: string;
  /** The page's own address, which forms go to. */
  readonly address: string;
}

type Drawn = readonly [title: string, body: Html];

/** A challenge as a page that works without a script. */
export function drawChallenge(challenge: Challenge, surroundings: Surroundings): string {
  const [title, body] = drawn(challenge, surroundings);
  return drawPage({ title, body }, surroundings);
}

function drawn(challenge: Challenge, surroundings: Surroundings): Drawn {
  switch (challenge['component']) {
    case 'xak-flow-redirect':
      return ['Continue', html`<p><a href="${String(challenge['to'])}">Continue</a></p>`];
    case 'ak-stage-access-denied':
      return ['Permission denied', denied(challenge)];
    case 'ak-stage-flow-error':
      return ['Something went wrong', wentWrong(challenge, surroundings)];
    case 'ak-stage-user-login':
      return [titleOf(challenge), rememberMe(challenge, surroundings)];
    default:
      return [titleOf(challenge), asked(challenge, surroundings)];
  }
}

const titleOf = ({ flow_info }: Challenge) => String((flow_info as { title?: unknown } | undefined)?.title ?? '');

const denied = ({ error_message, flow_info }: Challenge) => html`
  <p role="alert">${String(error_message)}</p>
  ${notYou(flow_info)}`;

const wentWrong = ({ request_id }: Challenge, { address }: Surroundings) => html`
  <p role="alert">Please try again.</p>
  <p><a href="${address}">Try again</a></p>
  <p class="small">Request ${String(request_id)}</p>`;

const rememberMe = (challenge: Challenge, surroundings: Surroundings) =>
  form(
    challenge,
    surroundings,
    html`
      <p>Stay signed in on this device?</p>
      <button name="remember_me" value="true" autofocus>Yes</button>
      <button name="remember_me" value="false" class="plain">No</button>`,
  );

function asked(challenge: Challenge, surroundings: Surroundings): Html {
  const found = formOf(challenge);
  if (!found) return html`<p role="alert">This step cannot be answered here.</p>`;
  const errors = (challenge['response_errors'] ?? {}) as Parameters<typeof drawFields>[1];
  const general = errors['non_field_errors'];
  const body = html`
    ${general && html`<p class="error" role="alert">${drawMessages(general)}</p>`}
    ${found.lead}
    ${drawFields(found, errors)}
    <button>${found.submit}</button>`;
  return form(challenge, surroundings, body);
}

const form = (challenge: Challenge, { address, csrfToken }: Surroundings, body: Html) => html`
  ${who(challenge)}
  <form method="post" action="${address}">
    <input type="hidden" name="${CSRF_FIELD}" value="${csrfToken}">
    <input type="hidden" name="component" value="${String(challenge['component'])}">
    ${body}
  </form>
  ${links(challenge)}`;

/** Whom the step is for, with the way out for somebody else; for password managers too. */
function who({ pending_user: user, pending_user_avatar: avatar, flow_info }: Challenge): Html | undefined {
  if (typeof user !== 'string' || user === '') return undefined;
  const picture =
    String(avatar).startsWith('data:') && html`<img src="${String(avatar)}" alt="" width="32" height="32">`;
  return html`<p class="who">${picture} ${user} ${notYou(flow_info)}</p>
    <input type="text" name="username" autocomplete="username" value="${user}" hidden>`;
}

function notYou(info: unknown): Html | undefined {
  const url = (info as { cancel_url?: unknown } | undefined)?.cancel_url;
  return typeof url === 'string' ? html`<a href="${url}">Not you?</a>` : undefined;
}

const LINKS: Readonly<Record<string, string>> = {
  enroll_url: 'Sign up',
  recovery_url: 'Forgot username or password?',
  passwordless_url: 'Use a security key',
};

const links = (challenge: Challenge) => {
  const found = Object.entries(LINKS).filter(([field]) => typeof challenge[field] === 'string');
  return (
    found.length > 0 &&
    html`<p>${found.map(([field, text]) => html`<a href="${String(challenge[field])}">${text}</a> `)}</p>`
  );
};
