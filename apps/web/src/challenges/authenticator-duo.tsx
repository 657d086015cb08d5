import { useEffect, useState } from 'preact/hooks';
import { callApi } from '../flow/api.js';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { FormErrors } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The challenge to pair the Duo app. */
export interface DuoChallenge extends Envelope {
  readonly activation_barcode: string;
  readonly activation_code: string;
  readonly stage_uuid: string;
}

const POLL_INTERVAL_MS = 3000;

export function AuthenticatorDuo({ challenge }: { challenge: DuoChallenge }) {
  const { t, answerAutomatically } = usePage();
  const status = useStatus(challenge);
  useEffect(() => {
    if (status === 'success') answerAutomatically({});
  }, [status]);
  return (
    <>
      <UserBadge challenge={challenge} />
      <FormErrors challenge={challenge} />
      {status === 'invalid' && <Alert>{t('This picture is no longer valid. Reload the page for a new one.')}</Alert>}
      <p>{t('Scan this picture with the Duo app, or open the link on your phone.')}</p>
      <div class="picture">
        <img src={challenge.activation_barcode} alt={t('QR code for the Duo app')} width="200" height="200" />
      </div>
      <a class="plain" href={challenge.activation_code}>
        {t('Open in the Duo app')}
      </a>
      <p class="hint" role="status">
        {t('This page goes on by itself when your phone is ready.')}
      </p>
    </>
  );
}

/** Polls the enrolment status until the pairing succeeds or expires, and again after the answer was refused. */
function useStatus(challenge: DuoChallenge): string {
  const [reported, setReported] = useState({ challenge, status: 'waiting' });
  const status = reported.challenge === challenge ? reported.status : 'waiting';
  useEffect(() => {
    if (status !== 'waiting') return undefined;
    const poll = async () => {
      const address = `/api/v3/stages/authenticator/duo/${encodeURIComponent(challenge.stage_uuid)}/enrollment_status/`;
      const response = await callApi(address, { method: 'POST' }).catch(() => undefined);
      if (!response?.ok) return;
      const { duo_response } = (await response.json()) as { duo_response: string };
      setReported({ challenge, status: duo_response });
    };
    const timer = setInterval(() => void poll(), POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [challenge, status]);
  return status;
}
