import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Form } from '../ui/form.js';
import { RefusalLink } from '../ui/refusal-link.js';
import { type Envelope, errorsOf } from './envelope.js';

/** Asks for the code that another device shows. */
export function DeviceCode({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  return (
    <Form challenge={challenge} fields={['code']}>
      <p>{t('Enter the code that is shown on your device.')}</p>
      <CodeField label={t('Device code')} autocomplete="off" errors={errorsOf(challenge)['code']} />
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** The challenge at the end of a device login. */
export interface DeviceCodeFinishChallenge extends Envelope {
  readonly approved?: boolean | undefined;
}

/**
 * Says that the device is signed in. A stage service of the previous version still waits for an answer here. For its
 * challenge, asks whether the device may sign in.
 */
export function DeviceCodeFinish({ challenge }: { challenge: DeviceCodeFinishChallenge }) {
  const { t } = usePage();
  if (!challenge.approved) return <DeviceQuestion challenge={challenge} />;
  return (
    <Form challenge={challenge}>
      <p>{t('You can go on there and close this page.')}</p>
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** Asks whether the device that showed the code may sign in, so that a victim of device code phishing can refuse. */
function DeviceQuestion({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  return (
    <>
      <Form challenge={challenge}>
        <p>{t('Sign the device in as you? Say yes only if you have just asked for it there yourself.')}</p>
        <Button>{t('Sign the device in')}</Button>
      </Form>
      <RefusalLink challenge={challenge} />
    </>
  );
}
