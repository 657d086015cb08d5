import { usePage } from '../flow/page.context.js';
import { usePrefill } from '../flow/prefill.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { HiddenUsername, UserBadge } from '../ui/user-badge.js';
import { type Envelope, errorsOf } from './envelope.js';

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
