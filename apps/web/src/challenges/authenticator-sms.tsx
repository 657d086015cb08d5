import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { type Envelope, errorsOf } from './envelope.js';

/** The challenge to enrol a phone for codes by text message. */
export interface SmsChallenge extends Envelope {
  readonly phone_number_required: boolean;
}

export function AuthenticatorSms({ challenge }: { challenge: SmsChallenge }) {
  const { t } = usePage();
  const errors = errorsOf(challenge);
  const asksForNumber = challenge.phone_number_required;
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form key={String(asksForNumber)} challenge={challenge} fields={[asksForNumber ? 'phone_number' : 'code']}>
        {asksForNumber ? (
          <Field
            name="phone_number"
            label={t('Phone number')}
            type="tel"
            inputmode="tel"
            autocomplete="tel"
            hint={t('With the code of the country, like +44 7700 900000.')}
            errors={errors['phone_number']}
            first
          />
        ) : (
          <>
            <p>{t('We have sent a code to your phone.')}</p>
            <CodeField errors={errors['code']} />
          </>
        )}
        <Button>{asksForNumber ? t('Send code') : t('Continue')}</Button>
      </Form>
    </>
  );
}
