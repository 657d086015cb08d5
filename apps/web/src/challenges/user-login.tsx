import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** Asks whether the visitor stays signed in. */
export function UserLogin({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge}>
        <p>{t('You will be asked to sign in less often. Choose no if others use this device.')}</p>
        <div class="choice">
          <Button name="remember_me" value="true" autofocus>
            {t('Yes')}
          </Button>
          <Button name="remember_me" value="false" plain>
            {t('No')}
          </Button>
        </div>
      </Form>
    </>
  );
}
