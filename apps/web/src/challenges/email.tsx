import { usePage } from '../flow/page.context.js';
import { Notice } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Form } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';

/** What the stage answers whenever it was asked for another one. */
const SENT = 'email-sent';

export interface EmailChallenge extends Envelope {
  /** Somebody has followed the link, and is to say that it was they. */
  readonly confirm?: boolean;
}

/** Waits for somebody to follow a mailed link or to type its code; whoever has followed it goes on from here. */
export function Email({ challenge }: { challenge: EmailChallenge }) {
  return challenge.confirm ? <Confirmation challenge={challenge} /> : <Waiting challenge={challenge} />;
}

function Confirmation({ challenge }: { challenge: EmailChallenge }) {
  const { t } = usePage();
  return (
    <Form challenge={challenge}>
      <p>{t('You have followed the link in our email. Go on, if it was you who asked for it.')}</p>
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

function Waiting({ challenge }: { challenge: EmailChallenge }) {
  const { t } = usePage();
  const { code, non_field_errors: said = [] } = errorsOf(challenge);
  const sent = said.length > 0 && said.every((error) => error.code === SENT);
  return (
    <>
      {sent && <Notice>{t('An email is on its way to you.')}</Notice>}
      <p>{t('We have sent you an email. Follow the link in it to go on, in this browser or another one.')}</p>
      <Form challenge={challenge} fields={['code', ...(sent ? ['non_field_errors'] : [])]}>
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
