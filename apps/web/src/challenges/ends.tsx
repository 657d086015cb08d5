import { useEffect } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The challenge of a flow that ended with a denial. */
export interface DeniedChallenge extends Envelope {
  readonly error_message?: string | undefined;
}

export function Denied({ challenge }: { challenge: DeniedChallenge }) {
  const { t, pageData } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <Alert>{challenge.error_message ?? t('Request has been denied.')}</Alert>
      <ul class="links">
        <li>
          <a href={challenge.flow_info?.cancel_url ?? pageData.address}>{t('Start again')}</a>
        </li>
      </ul>
    </>
  );
}

/** The challenge of a flow that ended with an internal error. */
export interface ErrorChallenge extends Envelope {
  readonly request_id?: string;
  readonly error?: string | undefined;
  readonly traceback?: string | undefined;
}

export function FlowError({ challenge: { error, traceback, request_id } }: { challenge: ErrorChallenge }) {
  const { t, pageData, refetch } = usePage();
  return (
    <>
      <Alert>{error || t('Something went wrong. Please try again later.')}</Alert>
      {traceback && (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('Details')}>
          {traceback}
        </pre>
      )}
      <form method="get" action={pageData.address} onSubmit={(event) => (event.preventDefault(), refetch())}>
        <Button>{t('Try again')}</Button>
      </form>
      {request_id && (
        <p class="hint">
          {t('If it happens again, tell your administrator this number:')} <code class="id">{request_id}</code>
        </p>
      )}
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
 * Shows that the page cannot render a challenge, such as the challenge of an external stage that has its own clients.
 */
export const Unknown = () => <Alert>{usePage().t('This step cannot be shown here.')}</Alert>;
