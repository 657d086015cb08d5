import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { type Envelope, errorsOf } from './envelope.js';

/** The challenge to enrol an email address for mailed codes. */
export interface EmailAuthenticatorChallenge extends Envelope {
  /** The masked address to which a code was mailed. */
  readonly email: string | null;
  readonly email_required: boolean;
}

export function AuthenticatorEmail({ challenge }: { challenge: EmailAuthenticatorChallenge }) {
  return (
    <>
      <UserBadge challenge={challenge} />
      {challenge.email_required ? <AddressForm challenge={challenge} /> : <CodeForm challenge={challenge} />}
    </>
  );
}

function AddressForm({ challenge }: { challenge: EmailAuthenticatorChallenge }) {
  const { t } = usePage();
  return (
    <Form key="email" challenge={challenge} fields={['email']}>
      <Field
        name="email"
        label={t('Email address')}
        type="email"
        inputmode="email"
        autocomplete="email"
        errors={errorsOf(challenge)['email']}
        required
        first
      />
      <Button>{t('Send code')}</Button>
    </Form>
  );
}

/** Error code of a mail that was not sent because of a limit. */
const UNSENT = 'email-unsent';

function CodeForm({ challenge }: { challenge: EmailAuthenticatorChallenge }) {
  const { t } = usePage();
  const errors = errorsOf(challenge);
  const email = challenge.email ?? '';
  const isUnsent = errors['non_field_errors']?.some(({ code }) => code === UNSENT);
  return (
    <>
      <Form key="code" challenge={challenge} fields={['code']}>
        {!isUnsent && <p>{t('We have sent a code to {email}.', { email })}</p>}
        <CodeField errors={errors['code']} />
        <Button>{t('Continue')}</Button>
      </Form>
      {/* The stage ignores the value, because it knows the address. The field asks for another mail. */}
      <Form challenge={challenge} fields={Object.keys(errors)}>
        <Button name="email" value={email} plain>
          {t('Send another code')}
        </Button>
      </Form>
    </>
  );
}
