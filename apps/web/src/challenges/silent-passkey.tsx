import { useEffect } from 'preact/hooks';
import { useHeading, usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The challenge to register a passkey. */
interface RegistrationChallenge extends Envelope {
  readonly registration: Readonly<Record<string, unknown>>;
}

/**
 * Lets the browser create a passkey without a prompt, and continues the flow whether or not a passkey was created. An
 * error means that the gateway has refused the passkey, and there is no further attempt. The button is for browsers
 * without JavaScript.
 */
export function SilentPasskey({ challenge }: { challenge: RegistrationChallenge }) {
  const { t, answerAutomatically } = usePage();
  useHeading(t('Signing in'));
  useEffect(() => {
    const unmounted = new AbortController();
    const { signal } = unmounted;
    void silentAnswer(challenge, signal).then((response) => {
      if (!signal.aborted) answerAutomatically({ response });
    });
    return () => unmounted.abort();
  }, [challenge]);
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge} fields={['response']}>
        <input type="hidden" name="response" value="" />
        <p role="status">{t('Your browser may save a passkey now, so that you need no password next time.')}</p>
        <Button>{t('Continue')}</Button>
      </Form>
    </>
  );
}

async function silentAnswer({ registration, response_errors }: RegistrationChallenge, signal: AbortSignal) {
  if (response_errors) return {};
  const { createSilently } = await import('@gatehouse/client/webauthn');
  return createSilently(registration, signal);
}
