import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { type Envelope, errorsOf } from './envelope.js';
import { PromptField } from './prompt-field.js';
import type { PromptFieldData } from './prompt-field.props.js';

/** The challenge with the fields of a prompt stage. */
export interface PromptChallenge extends Envelope {
  readonly fields: readonly PromptFieldData[];
}

export function Prompt({ challenge }: { challenge: PromptChallenge }) {
  const { t } = usePage();
  const errors = errorsOf(challenge);
  const editable = challenge.fields.filter(({ type }) => !NOT_EDITABLE.has(type));
  const first = editable.find(({ field_key }) => errors[field_key]) ?? editable[0];
  return (
    <Form
      challenge={challenge}
      fields={challenge.fields.filter(({ type }) => !WITHOUT_ERRORS.has(type)).map(({ field_key }) => field_key)}
    >
      {challenge.fields.map((field) => (
        <PromptField key={field.field_key} field={field} errors={errors[field.field_key]} first={field === first} />
      ))}
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** Field types that the visitor cannot edit. */
const NOT_EDITABLE: ReadonlySet<string> = new Set([
  ...['hidden', 'static', 'separator', 'text_read_only', 'text_area_read_only'],
  ...['alert_info', 'alert_warning', 'alert_danger'],
]);

/** Field types that do not show their own errors. */
const WITHOUT_ERRORS: ReadonlySet<string> = new Set([
  ...['hidden', 'static', 'separator', 'alert_info', 'alert_warning', 'alert_danger'],
]);
