import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import type { Envelope } from './envelope.js';

/** The challenge of a dummy stage. */
export interface DummyChallenge extends Envelope {
  readonly name: string;
}

export function Dummy({ challenge }: { challenge: DummyChallenge }) {
  const { t } = usePage();
  return (
    <Form challenge={challenge}>
      <p>{challenge.name}</p>
      <Button autofocus>{t('Continue')}</Button>
    </Form>
  );
}
