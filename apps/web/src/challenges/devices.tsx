import type { Translate } from '@gatehouse/texts/browser';
import type { FunctionComponent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { deviceHeading } from '../flow/heading.js';
import { useHeading, usePage } from '../flow/page.context.js';
import { usePrefill } from '../flow/prefill.js';
import { Alert, Notice, ScriptRequired } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Form, FormErrors } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';
import { messagesOf } from './error-words.js';

/** A device of the user, with its own challenge. */
export interface Device {
  readonly device_class: string;
  readonly device_uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  /** Null, or absent, before the visitor has proved to be the owner, and for a device that was never used. */
  readonly last_used?: string | null;
  /** Names of the devices of this class, the last used first. Empty before the visitor has proved to be the owner. */
  readonly names?: readonly string[];
}

interface Props {
  readonly challenge: Envelope;
  readonly device: Device;
  /** Whether the page requests a text message, a mail or a Duo push only after a click. */
  readonly awaitsAction: boolean;
}

type DeviceStepProps = Omit<Props, 'awaitsAction'> & {
  /** Whether the visitor has chosen the device. */
  readonly isChosen: boolean;
  /** Shows the choice again. Undefined if there is only one device. */
  readonly back: (() => void) | undefined;
};

/** Shows the step for one device, and a button back to the choice if there are several. */
export function DeviceStep({ isChosen, back, ...props }: DeviceStepProps) {
  const { t, ...page } = usePage();
  // The page requests a text message, mail or Duo push only after a click if another site opened the page, or if the
  // visitor has several devices and may want another device. Once the visitor has chosen a device, the page uses it
  // without another click.
  const awaitsAction = !isChosen && (page.awaitsAction || back !== undefined);
  const Step = STEPS[props.device.device_class] ?? CodeStep;
  useHeading(deviceHeading(props.device.device_class, t));
  return (
    <>
      <Step {...props} awaitsAction={awaitsAction} />
      {back && (
        <button type="button" class="plain scripted" onClick={back}>
          {t('Choose another way')}
        </button>
      )}
    </>
  );
}

function CodeStep({ challenge, device: { device_class } }: Props) {
  const { t } = usePage();
  const isRecoveryCode = device_class === 'static';
  usePrefill('code', isRecoveryCode ? undefined : 'code');
  return (
    <Form challenge={challenge} fields={['code']}>
      <p>
        {isRecoveryCode
          ? t('Enter one of the recovery codes that you have kept.')
          : t('Enter the code that your authenticator app shows.')}
      </p>
      <CodeField
        label={isRecoveryCode ? t('Recovery code') : t('Code')}
        autocomplete={isRecoveryCode ? 'off' : 'one-time-code'}
        inputmode={isRecoveryCode ? 'text' : 'numeric'}
        errors={errorsOf(challenge)['code']}
      />
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** Asks for a text message or a mail when the device is chosen, unless `awaitsAction` is set, and whenever its button is clicked. */
function MessageStep({ challenge, device, awaitsAction }: Props) {
  const { t, sendRequest } = usePage();
  const [state, setState] = useState<{ sent: boolean; error?: string }>({ sent: false });
  const [hasStarted, setHasStarted] = useState(!awaitsAction);
  const send = async () => {
    setHasStarted(true);
    setState({ sent: false });
    const reply = await sendRequest({ selected_challenge: referenceTo(device) });
    if (!reply) return setState({ sent: false, error: t('That did not work. Please try again.') });
    const errors = errorsOf(reply as unknown as Envelope);
    const refused = errors['selected_challenge'] ?? errors['non_field_errors'];
    return setState(refused ? { sent: false, error: messagesOf(refused, t) } : { sent: true });
  };
  useEffect(() => {
    if (hasStarted) void send();
  }, [device.device_uid]);
  return (
    <Form challenge={challenge} fields={['code']} members={{ selected_challenge: referenceTo(device) }}>
      {state.error && <Alert>{state.error}</Alert>}
      {state.sent && <Notice>{sentText(device, t)}</Notice>}
      {!hasStarted && <SendButton text={t('Send code')} send={send} plain={false} />}
      <CodeField errors={errorsOf(challenge)['code']} />
      <Button plain={!hasStarted}>{t('Continue')}</Button>
      {hasStarted && <SendButton text={t('Send another code')} send={send} plain />}
      <ScriptRequired />
    </Form>
  );
}

function sentText({ device_class, challenge: { email } }: Device, t: Translate): string {
  if (device_class === 'sms') return t('We have sent a code to your phone.');
  return typeof email === 'string' && /[^*]/.test(email)
    ? t('We have sent a code to {email}.', { email })
    : t('We have sent you a code by email.');
}

/** Returns the reference to a device in an answer, with only the fields that every version of the API knows. */
const referenceTo = ({ device_class, device_uid, challenge }: Device) => ({ device_class, device_uid, challenge });

const SendButton = ({ text, send, plain }: { text: string; send: () => Promise<void>; plain: boolean }) => (
  <Button type="button" plain={plain} onClick={() => void send()}>
    {text}
  </Button>
);

/**
 * Sends a push and waits for the confirmation on the phone. The API replies when the user has decided, or after a while
 * (long poll).
 */
function DuoStep({ challenge, device, awaitsAction }: Props) {
  const { t, answer, answerAutomatically, busy } = usePage();
  const push = { duo: device.device_uid };
  const { number } = device.challenge;
  const [hasStarted, setHasStarted] = useState(!awaitsAction);
  const isWaiting = typeof number === 'string' || (hasStarted && !challenge.response_errors);
  const send = () => {
    setHasStarted(true);
    answer(push);
  };
  // Sends the first push and then polls. After a refusal, or if another site opened the page, the visitor must request
  // the push.
  useEffect(() => {
    if (isWaiting) answerAutomatically(push);
  }, [challenge]);
  if (typeof number === 'string') return <DuoNumber number={number} />;
  return (
    <>
      <FormErrors challenge={challenge} />
      <p role="status">
        {busy ? t('Confirm the message on your phone.') : t('We can send a message to your phone to confirm.')}
      </p>
      <Button type="button" onClick={send}>
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
  const [failed, setFailed] = useState(false);
  const question = useRef<AbortController>();
  const verify = async () => {
    question.current?.abort();
    question.current = new AbortController();
    const { signal } = question.current;
    setFailed(false);
    const { getCredential } = await import('@gatehouse/client/webauthn');
    await getCredential(device.challenge, { signal }).then(
      (webauthn) => signal.aborted || answer({ webauthn }),
      () => signal.aborted || setFailed(true),
    );
  };
  useEffect(() => {
    if (!challenge.response_errors) void verify();
    // Abort the browser's prompt when the step ends. Otherwise a passkey that is chosen later would answer the next
    // step.
    return () => question.current?.abort();
  }, []);
  return (
    <>
      {failed ? <Alert>{t('That did not work. Please try again.')}</Alert> : <FormErrors challenge={challenge} />}
      <p>{t('Confirm with your passkey, or touch your security key.')}</p>
      <Button type="button" onClick={() => void verify()}>
        {t('Try again')}
      </Button>
      <ScriptRequired />
    </>
  );
}

const STEPS: Readonly<Record<string, FunctionComponent<Props>>> = {
  webauthn: KeyStep,
  email: MessageStep,
  sms: MessageStep,
  duo: DuoStep,
};
