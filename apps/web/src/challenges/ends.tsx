import { useEffect } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The flow has ended with a refusal. */
export interface DeniedChallenge extends Envelope {
  readonly error_message?: string | undefined;
}

export function Denied({ challenge }: { challenge: DeniedChallenge }) {
  const { t, opened } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <Alert>{challenge.error_message ?? t('Request has been denied.')}</Alert>
      <ul class="links">
        <li>
          <a href={challenge.flow_info?.cancel_url ?? opened.address}>{t('Start again')}</a>
        </li>
      </ul>
    </>
  );
}

/** Something broke on the way. */
export interface ErrorChallenge extends Envelope {
  readonly request_id?: string;
  readonly error?: string | undefined;
  readonly traceback?: string | undefined;
}

export function FlowError({ challenge: { error, traceback, request_id } }: { challenge: ErrorChallenge }) {
  const { t, opened, again } = usePage();
  return (
    <>
      <Alert>{error || t('Something went wrong. Please try again later.')}</Alert>
      {traceback && (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('Details')}>
          {traceback}
        </pre>
      )}
      <form method="get" action={opened.address} onSubmit={(event) => (event.preventDefault(), again())}>
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

/** The flow goes on elsewhere. */
export interface RedirectChallenge extends Envelope {
  readonly to: string;
}

export function Redirect({ challenge: { to } }: { challenge: RedirectChallenge }) {
  const { t, opened, inspected } = usePage();
  const base = typeof document === 'undefined' ? `http://localhost${opened.address}` : document.baseURI;
  const web = URL.canParse(to, base) && /^https?:$/.test(new URL(to, base).protocol);
  useEffect(() => {
    if (web && inspected === false) location.assign(to);
  }, [to, inspected]);
  if (!web) return <p>{t('You may close this page now.')}</p>;
  return (
    <>
      <p role="status">{inspected ? t('The flow leads to {to}.', { to }) : t('You are being redirected…')}</p>
      <a class="main" href={to}>
        {t('Continue')}
      </a>
    </>
  );
}

/** A page made elsewhere. */
export interface ShellChallenge extends Envelope {
  readonly body: string;
}

/** Shown in a frame where nothing runs, so that it cannot reach the page around. */
export const Shell = ({ challenge: { body } }: { challenge: ShellChallenge }) => (
  <iframe
    class="shell"
    title={usePage().t('Message')}
    srcdoc={body}
    sandbox="allow-popups allow-top-navigation-by-user-activation"
  />
);
