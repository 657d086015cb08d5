import { usePage } from '../flow/page.context.js';
import { Notice } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';

/** What the stage answers whenever it has sent another one. */
const SENT = 'email-sent';

/** Waits for somebody to follow a mailed link. */
export function Email({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  const errors = errorsOf(challenge)['non_field_errors'] ?? [];
  const sent = errors.length > 0 && errors.every(({ code }) => code === SENT);
  return (
    <Form challenge={challenge} fields={sent ? ['non_field_errors'] : []}>
      {sent && <Notice>{t('We have sent the email again.')}</Notice>}
      <p>{t('We have sent you an email. Follow the link in it to go on, in this browser or another one.')}</p>
      <p class="hint">{t('Nothing there? Look among unwanted mail as well.')}</p>
      <Button plain>{t('Send it again')}</Button>
    </Form>
  );
}
