import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Form } from '../ui/form.js';
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

/** Asks whether the device that showed the code may sign in, so that a victim of device code phishing can refuse. */
export function DeviceCodeFinish({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  return (
    <>
      <Form challenge={challenge}>
        <p>{t('Sign the device in as you? Say yes only if you have just asked for it there yourself.')}</p>
        <Button>{t('Sign the device in')}</Button>
      </Form>
      <ul class="links">
        <li>
          <a href={challenge.flow_info?.cancel_url}>{t('No, cancel')}</a>
        </li>
      </ul>
    </>
  );
}
