import { useEffect } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import type { Envelope } from './envelope.js';

/** The challenge to sign in with Apple. */
export interface AppleChallenge extends Envelope {
  readonly client_id: string;
  readonly scope: string;
  readonly redirect_uri: string;
  readonly state: string;
}

/** Redirects to Apple's public sign-in URL, without loading a script of Apple. */
export function Apple({ challenge }: { challenge: AppleChallenge }) {
  const { t } = usePage();
  const address = addressOf(challenge);
  useEffect(() => location.assign(address), [address]);
  return (
    <>
      <p>{t('You are being led to {name}.', { name: 'Apple' })}</p>
      <a class="main" href={address}>
        {t('Continue with {name}', { name: 'Apple' })}
      </a>
    </>
  );
}

function addressOf({ client_id, scope, redirect_uri, state }: AppleChallenge): string {
  const query = { client_id, redirect_uri, scope, state, response_type: 'code', response_mode: 'form_post' };
  return `https://appleid.apple.com/auth/authorize?${new URLSearchParams(query)}`;
}
