import { useLayoutEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import type { Device } from './devices.js';
import { type Envelope, errorsOf } from './envelope.js';

/** Device classes whose codes a visitor has without a request to the server. */
const AT_HAND: readonly string[] = ['totp', 'static'];

interface Props {
  readonly challenge: Envelope & { readonly device_challenges: readonly Device[] };
}

/**
 * A form for visitors without JavaScript, who cannot choose a device. It accepts a code of any device. With JavaScript,
 * the form is removed.
 */
export function ScriptlessCode({ challenge }: Props) {
  const { t } = usePage();
  const [hasScript, setHasScript] = useState(false);
  useLayoutEffect(() => setHasScript(true), []);
  if (hasScript || !challenge.device_challenges.some(({ device_class }) => AT_HAND.includes(device_class))) return null;
  return (
    <div class="scriptless">
      <Form challenge={challenge} fields={['code']}>
        <Field
          name="code"
          label={t('Code of your app, or a recovery code')}
          autocomplete="one-time-code"
          errors={errorsOf(challenge)['code']}
        />
        <Button>{t('Continue')}</Button>
      </Form>
    </div>
  );
}
