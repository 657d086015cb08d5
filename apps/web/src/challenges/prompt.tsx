import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';
import { type Prompted, PromptField } from './prompt-field.js';

/** A form that an administrator put together. */
export interface PromptChallenge extends Envelope {
  readonly fields: readonly Prompted[];
}

export function Prompt({ challenge }: { challenge: PromptChallenge }) {
  const { t } = usePage();
  const errors = errorsOf(challenge);
  const typed = challenge.fields.filter(({ type }) => !UNTYPED.has(type));
  const first = typed.find(({ field_key }) => errors[field_key]) ?? typed[0];
  return (
    <Form
      challenge={challenge}
      fields={challenge.fields.filter(({ type }) => !HIDDEN_TYPES.has(type)).map(({ field_key }) => field_key)}
    >
      {challenge.fields.map((field) => (
        <PromptField key={field.field_key} field={field} errors={errors[field.field_key]} first={field === first} />
      ))}
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** Where nothing can be typed. */
const UNTYPED: ReadonlySet<string> = new Set([
  'hidden',
  'static',
  'separator',
  'text_read_only',
  'text_area_read_only',
]);

/** What shows no errors of its own. */
const HIDDEN_TYPES: ReadonlySet<string> = new Set(['hidden', 'static', 'separator']);
