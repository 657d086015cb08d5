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

/** The other device goes on by itself. */
export const DeviceCodeFinish = () => <p>{usePage().t('Your device is signed in. You may close this page now.')}</p>;
