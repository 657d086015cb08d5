import { usePage } from '../flow/page.context.js';
import { Notice } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Form } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';

/** Error code that the stage returns after it has sent another mail on request. */
const SENT = 'email-sent';
/** Error code of a mail that was not sent because of a limit. */
const UNSENT = 'email-unsent';

/** Waits until the visitor opens the mailed link or types the mailed code. */
export function Email({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  const { code, non_field_errors: messages = [] } = errorsOf(challenge);
  const isSent = messages.length > 0 && messages.every((error) => error.code === SENT);
  const isUnsent = messages.some((error) => error.code === UNSENT);
  return (
    <>
      {isSent && <Notice>{t('An email is on its way to you.')}</Notice>}
      {!isUnsent && (
        <p>{t('We have sent you an email. Follow the link in it to go on, in this browser or another one.')}</p>
      )}
      <Form challenge={challenge} fields={['code', ...(isSent ? ['non_field_errors'] : [])]}>
        <CodeField label={t('Or type the code from the email')} errors={code} />
        <Button>{t('Continue')}</Button>
      </Form>
      <Form challenge={challenge} fields={['code', 'non_field_errors']}>
        <p class="hint">{t('Nothing there? Look among unwanted mail as well.')}</p>
        <Button plain>{t('Send it again')}</Button>
      </Form>
    </>
  );
}
