import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import type { RequestOptions } from '../flow/webauthn.js';
import { Alert, Notice } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { messagesOf } from '../ui/field.js';
import { Form, FormErrors } from '../ui/form.js';
import { ScriptRequired } from '../ui/script-required.js';
import { type Envelope, errorsOf } from './envelope.js';

/** A device that may prove who somebody is, and what it is asked. */
export interface Device {
  readonly device_class: string;
  readonly device_uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
}

interface Props {
  readonly challenge: Envelope;
  readonly device: Device;
  /** Whether nobody has acted yet on a page that another site opened: no message is sent before a click. */
  readonly waits: boolean;
}

/** Asks one device. */
export function DeviceStep({ back, ...props }: Omit<Props, 'waits'> & { back: (() => void) | undefined }) {
  const { t, waits } = usePage();
  const Step = STEPS[props.device.device_class] ?? CodeStep;
  return (
    <>
      {/* A device that somebody has chosen among several may be asked at once. */}
      <Step {...props} waits={waits && !back} />
      {back && (
        <button type="button" class="plain" onClick={back}>
          {t('Choose another way')}
        </button>
      )}
    </>
  );
}

function CodeStep({ challenge, device: { device_class } }: Props) {
  const { t } = usePage();
  const kept = device_class === 'static';
  return (
    <Form challenge={challenge} fields={['code']}>
      <p>
        {kept
          ? t('Enter one of the recovery codes that you have kept.')
          : t('Enter the code that your authenticator app shows.')}
      </p>
      <CodeField
        label={kept ? t('Recovery code') : t('Code')}
        autocomplete={kept ? 'off' : 'one-time-code'}
        inputmode={kept ? 'text' : 'numeric'}
        errors={errorsOf(challenge)['code']}
      />
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** A message is sent once when its device is chosen, and again only when somebody asks for it. */
function SmsStep({ challenge, device, waits }: Props) {
  const { t, ask } = usePage();
  const [state, setState] = useState<{ sent: boolean; error?: string }>({ sent: false });
  const [asked, setAsked] = useState(!waits);
  const send = async () => {
    setAsked(true);
    setState({ sent: false });
    const reply = await ask({ selected_challenge: device });
    const refused = errorsOf((reply ?? {}) as unknown as Envelope)['selected_challenge'];
    setState(refused ? { sent: false, error: messagesOf(refused) } : { sent: reply !== undefined });
  };
  useEffect(() => {
    if (asked) void send();
  }, [device.device_uid]);
  return (
    <Form challenge={challenge} fields={['code']}>
      {state.error && <Alert>{state.error}</Alert>}
      {state.sent && <Notice>{t('We have sent a code to your phone.')}</Notice>}
      <CodeField errors={errorsOf(challenge)['code']} />
      <Button>{t('Continue')}</Button>
      <Button type="button" plain onClick={() => void send()}>
        {asked ? t('Send another code') : t('Send code')}
      </Button>
    </Form>
  );
}

/** Asks as long as somebody has not answered on their phone: each answer of ours waits for a while. */
function DuoStep({ challenge, device, waits }: Props) {
  const { t, answer, answerUnasked, busy } = usePage();
  const push = { duo: device.device_uid };
  const { number } = device.challenge;
  const isWaiting = typeof number === 'string' || !(waits || challenge.response_errors);
  // The first message goes out by itself; after a refusal somebody has to ask for it.
  useEffect(() => {
    if (isWaiting) answerUnasked(push);
  }, [challenge]);
  if (typeof number === 'string') return <DuoNumber number={number} />;
  return (
    <>
      <FormErrors challenge={challenge} />
      <p role="status">
        {busy ? t('Confirm the message on your phone.') : t('We can send a message to your phone to confirm.')}
      </p>
      <Button type="button" onClick={() => answer(push)}>
        {t('Send a message')}
      </Button>
      <ScriptRequired />
    </>
  );
}

function DuoNumber({ number }: { number: string }) {
  const { t } = usePage();
  return (
    <>
      <p role="status">{t('Enter this number in the Duo app on your phone.')}</p>
      <p class="number">{number}</p>
    </>
  );
}

function KeyStep({ challenge, device }: Props) {
  const { t, answer } = usePage();
  const [failed, fail] = useState(false);
  const prove = async () => {
    fail(false);
    const { getCredential } = await import('../flow/webauthn.js');
    await getCredential(device.challenge as unknown as RequestOptions).then(
      (webauthn) => answer({ webauthn }),
      () => fail(true),
    );
  };
  useEffect(() => {
    if (!challenge.response_errors) void prove();
  }, []);
  return (
    <>
      {failed ? <Alert>{t('That did not work. Please try again.')}</Alert> : <FormErrors challenge={challenge} />}
      <p>{t('Confirm with your passkey, or touch your security key.')}</p>
      <Button type="button" onClick={() => void prove()}>
        {t('Try again')}
      </Button>
      <ScriptRequired />
    </>
  );
}

const STEPS: Readonly<Record<string, FunctionComponent<Props>>> = {
  webauthn: KeyStep,
  sms: SmsStep,
  duo: DuoStep,
};
