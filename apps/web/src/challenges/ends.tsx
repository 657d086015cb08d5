import type { Translate } from '@gatehouse/texts/browser';
import { useEffect } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { UserBadge } from '../ui/user-badge.js';
import { denialOf, NOT_FOUND, type WayOn } from './denials.js';
import type { Envelope } from './envelope.js';
import { wordsFor } from './error-words.js';

/** The challenge of a flow that ended with a denial. */
export interface DeniedChallenge extends Envelope {
  readonly error_message?: string | undefined;
}

export function Denied({ challenge }: { challenge: DeniedChallenge }) {
  const { t, pageData } = usePage();
  const { text, ways } = denialOf({ challenge, pageData, t }) ?? {
    text: wordsForDenial(challenge, t),
    ways: [{ text: t('Start again'), href: pageData.address }],
  };
  return (
    <>
      <UserBadge challenge={challenge} />
      <Alert>{text}</Alert>
      <WaysOn ways={ways} />
    </>
  );
}

/** Returns the page's own text for the error that ended the flow, else the message of the stage or of the policies. */
const wordsForDenial = ({ reason, error_message: string }: DeniedChallenge, t: Translate): string =>
  wordsFor({ string: string || t('Request has been denied.'), code: '', ...(reason ? { reason } : {}) }, t);

/** Links with which the visitor can continue. The first looks like the button of a step. */
const WaysOn = ({ ways }: { ways: readonly WayOn[] }) => (
  <div class="ways">
    {ways.map(({ text, href }, i) => (
      <a key={href} class={i === 0 ? 'main' : 'plain'} href={href}>
        {text}
      </a>
    ))}
  </div>
);

/** The challenge of a flow that ended with an internal error. */
export interface ErrorChallenge extends Envelope {
  readonly request_id?: string;
  readonly error?: string | undefined;
  readonly traceback?: string | undefined;
}

export function FlowError({ challenge }: { challenge: ErrorChallenge }) {
  const { error, traceback, request_id } = challenge;
  const { t, pageData } = usePage();
  if (challenge.reason === NOT_FOUND) return <NotFound />;
  return (
    <>
      <Alert>
        {problemWords(challenge.reason, t) ?? (error || t('Something went wrong. Please try again later.'))}
      </Alert>
      {traceback && (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('Details')}>
          {traceback}
        </pre>
      )}
      <a class="main" href={pageData.address}>
        {t('Try again')}
      </a>
      {request_id && (
        <p class="hint">
          {t('If it happens again, tell your administrator this number:')} <code class="id">{request_id}</code>
        </p>
      )}
    </>
  );
}

/** Returns the page's text for a problem of the API. */
function problemWords(code: string | undefined, t: Translate): string | undefined {
  switch (code) {
    case 'csrf_failed':
      return t('This page was out of date, so your answer was not accepted. Please try again.');
    case 'body_too_large':
      return t('What you sent is too large. Please choose a smaller file or a shorter text.');
    case 'rate_limited':
      return t('Too many requests came from your network. Please try again later.');
    default:
      return undefined;
  }
}

/** Shown at an address that does not exist. The link to the account asks anonymous visitors to log in first. */
function NotFound() {
  const { t } = usePage();
  return (
    <>
      <p>{t('There is nothing at this address, or not any more. Check it for typing mistakes.')}</p>
      <WaysOn
        ways={[
          { text: t('Go to your account'), href: '/' },
          { text: t('Log in'), href: '/flows/-/default/authentication/' },
        ]}
      />
    </>
  );
}

/** The challenge that redirects the browser. */
export interface RedirectChallenge extends Envelope {
  readonly to: string;
}

export function Redirect({ challenge: { to } }: { challenge: RedirectChallenge }) {
  const { t, pageData, inspected } = usePage();
  const base = typeof document === 'undefined' ? `http://localhost${pageData.address}` : document.baseURI;
  const isWebUrl = URL.canParse(to, base) && /^https?:$/.test(new URL(to, base).protocol);
  useEffect(() => {
    if (isWebUrl && inspected === false) location.assign(to);
  }, [to, inspected]);
  if (!isWebUrl) return <p>{t('You may close this page now.')}</p>;
  return (
    <>
      <p role="status">{inspected ? t('The flow leads to {to}.', { to }) : t('You are being redirected…')}</p>
      <a class="main" href={to}>
        {t('Continue')}
      </a>
    </>
  );
}

/** The challenge with a prerendered HTML page. */
export interface ShellChallenge extends Envelope {
  readonly body: string;
}

/** Shows the HTML in a sandboxed frame without scripts, so that it cannot access the page. */
export const Shell = ({ challenge: { body } }: { challenge: ShellChallenge }) => (
  <iframe
    class="shell"
    title={usePage().t('Message')}
    srcdoc={body}
    sandbox="allow-popups allow-top-navigation-by-user-activation"
  />
);

/**
 * Shows that the page cannot render a challenge: its stage is external, and needs a field type that forms do not
 * support.
 */
export const Unknown = () => <Alert>{usePage().t('This step cannot be shown here.')}</Alert>;
