import { usePage } from '../flow/page.context.js';
import { usePrefill } from '../flow/prefill.js';
import { Button } from '../ui/button.js';
import { LinkedText } from '../ui/error-text.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { HiddenUsername, UserBadge } from '../ui/user-badge.js';
import { type Envelope, errorsOf } from './envelope.js';
import { messagesOf } from './error-words.js';

/** The challenge to enter the password of the pending user. */
export interface PasswordChallenge extends Envelope {
  readonly recovery_url?: string | undefined;
  readonly allow_show_password?: boolean;
}

export function Password({ challenge }: { challenge: PasswordChallenge }) {
  const { t } = usePage();
  usePrefill('password', 'password');
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge} fields={['password']}>
        <HiddenUsername challenge={challenge} />
        <Field
          name="password"
          label={t('Password')}
          type="password"
          autocomplete="current-password"
          revealable={challenge.allow_show_password ?? false}
          errors={errorsOf(challenge)['password']}
          errorText={<WrongPassword challenge={challenge} />}
          first
        />
        <Button>{t('Continue')}</Button>
      </Form>
      {challenge.recovery_url && (
        <ul class="links">
          <li>
            <a href={challenge.recovery_url}>{t('Forgot password?')}</a>
          </li>
        </ul>
      )}
    </>
  );
}

/** The text for the errors of a password, with a link to the recovery of the account if there is one. */
function WrongPassword({ challenge }: { challenge: PasswordChallenge }) {
  const { t } = usePage();
  const { recovery_url: recoveryUrl } = challenge;
  const { password: errors = [] } = errorsOf(challenge);
  if (!recoveryUrl || errors[0]?.reason !== 'password_invalid') return <>{messagesOf(errors, t)}</>;
  return <LinkedText text={t('Wrong password. Try again or [reset it].')} href={recoveryUrl} />;
}
