import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert, ScriptRequired } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { FormErrors } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';
import { SilentPasskey } from './silent-passkey.js';

/** The challenge to register a passkey or a security key. */
export interface WebauthnChallenge extends Envelope {
  readonly registration: Readonly<Record<string, unknown>>;
  /** `conditional` if the browser creates the passkey without a prompt. If it creates none, the step passes anyway. */
  readonly mediation?: 'conditional' | undefined;
}

export const AuthenticatorWebauthn = ({ challenge }: { challenge: WebauthnChallenge }) =>
  challenge.mediation === 'conditional' ? <SilentPasskey challenge={challenge} /> : <NewDevice challenge={challenge} />;

function NewDevice({ challenge }: { challenge: WebauthnChallenge }) {
  const { t, answer } = usePage();
  const [failed, setFailed] = useState(false);
  const register = async () => {
    setFailed(false);
    const { createCredential } = await import('@gatehouse/client/webauthn');
    await createCredential(challenge.registration).then(
      (response) => answer({ response }),
      () => setFailed(true),
    );
  };
  // The first attempt starts automatically. A retry starts only when the visitor requests it.
  useEffect(() => {
    if (!challenge.response_errors) void register();
  }, []);
  return (
    <>
      <UserBadge challenge={challenge} />
      {failed ? (
        <Alert>{t('Your device was not registered. Please try again.')}</Alert>
      ) : (
        <FormErrors challenge={challenge} />
      )}
      <p>{t('Follow what your browser asks: it will save a passkey, or ask you to touch your security key.')}</p>
      <Button type="button" onClick={() => void register()}>
        {t('Register device')}
      </Button>
      <ScriptRequired />
    </>
  );
}
