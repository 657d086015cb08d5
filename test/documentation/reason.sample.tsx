import { type Envelope, errorsOf } from '../../apps/web/src/challenges/envelope.js';
import { usePage } from '../../apps/web/src/flow/page.context.js';
import { Button } from '../../apps/web/src/ui/button.js';
import { Field } from '../../apps/web/src/ui/field.js';
import { Form } from '../../apps/web/src/ui/form.js';

/** The component of docs/how-to/add-a-stage.md, with the imports that the document leaves out. */
export function Reason({ challenge }: { challenge: Envelope }) {
  const { t } = usePage();
  return (
    <Form challenge={challenge} fields={['reason']}>
      <Field name="reason" label={t('Reason')} errors={errorsOf(challenge)['reason']} required first />
      <Button>{t('Continue')}</Button>
    </Form>
  );
}
