import type { FormField, ShownMember } from '@gatehouse/client';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { DateTimeField } from '../ui/date-time-field.js';
import { Field, type FieldProps } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Checkbox, FileInput, Radios, Select, TextArea } from '../ui/inputs.js';
import { UserBadge } from '../ui/user-badge.js';
import { type DescribedChallenge, errorsOf } from './envelope.js';
import { ModuleFrame } from './module-frame.js';

/**
 * Shows the challenge of a stage that the page does not know: with its page module, else with the form that the page
 * draws.
 */
export function Described({ challenge }: { challenge: DescribedChallenge }) {
  const { t } = usePage();
  const { pending_user: user, flow_info: { cancel_url: cancelUrl } = {}, gatehouse_form } = challenge;
  const { module } = gatehouse_form;
  const form = <DrawnForm challenge={challenge} />;
  return (
    <>
      <UserBadge challenge={challenge} />
      {module ? <ModuleFrame {...{ challenge, module }}>{form}</ModuleFrame> : form}
      {!user && cancelUrl && (
        <ul class="links">
          <li>
            <a href={cancelUrl}>{t('Start again')}</a>
          </li>
        </ul>
      )}
    </>
  );
}

/** The form of a challenge. All texts of the stage are plain text. */
function DrawnForm({ challenge }: { challenge: DescribedChallenge }) {
  const { t } = usePage();
  const { shows, fields, button = t('Continue') } = challenge.gatehouse_form;
  const errors = errorsOf(challenge);
  const first = fields.find(({ name }) => errors[name]) ?? fields[0];
  return (
    <Form challenge={challenge} fields={fields.map(({ name }) => name)}>
      {shows.map((member) => (
        <Shown key={member.name} member={member} value={ownField(challenge, member.name)} />
      ))}
      {fields.map((field) => (
        <Input key={field.name} field={field} challenge={challenge} first={field === first} />
      ))}
      <Button autofocus={fields.length === 0}>{button}</Button>
    </Form>
  );
}

/** Returns a field of the challenge, but no inherited property of objects such as `constructor`. */
const ownField = (challenge: DescribedChallenge, name: string): unknown =>
  Object.hasOwn(challenge, name) ? challenge[name] : undefined;

/** Whether a value can be shown as a text. A schema with several types may also allow objects. */
const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

const IMAGE = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/;

/** Shows a member of the challenge, or nothing if it is missing or empty. */
function Shown({ member: { type, label }, value }: { member: ShownMember; value: unknown }) {
  if (type === 'list')
    return <List label={label} items={Array.isArray(value) ? value.filter(isScalar).map(String) : []} />;
  if (!isScalar(value) || value === '') return null;
  if (type === 'image')
    return IMAGE.test(String(value)) ? <img class="shown" src={String(value)} alt={label ?? ''} /> : null;
  return (
    <p class="shown">
      {label && <strong>{label} </strong>}
      {String(value)}
    </p>
  );
}

const List = ({ label, items }: { label: string | undefined; items: readonly string[] }) =>
  items.length === 0 ? null : (
    <div>
      {label && (
        <p>
          <strong>{label}</strong>
        </p>
      )}
      <ul class="points">
        {items.map((item, i) => (
          <li key={i}>{item}</li>
        ))}
      </ul>
    </div>
  );

interface InputProps {
  readonly field: FormField;
  readonly challenge: DescribedChallenge;
  readonly first: boolean;
}

function Input({ field, challenge, first }: InputProps) {
  const { t } = usePage();
  const { name, type, label, hint, required, options = [], max_bytes: maxBytes } = field;
  const initial = initialOf(field, ownField(challenge, name));
  const input: FieldProps = { name, label, hint, required, initial, first, errors: errorsOf(challenge)[name] };
  switch (type) {
    case 'checkbox':
      return <BooleanField input={input} />;
    case 'choice':
      return <Choice input={input} choices={options.map(({ value, label: text }) => ({ value, text }))} />;
    case 'multiline':
      return <TextArea {...input} {...limits(field)} />;
    case 'date-time':
      return <DateTimeField {...input} />;
    case 'file': {
      const limit = maxBytes === undefined ? '' : t('At most {size} kB.', { size: kilobytes(maxBytes) });
      return <FileInput {...input} hint={[hint, limit].filter(Boolean).join(' ')} maxBytes={maxBytes} />;
    }
    default:
      return <Field {...input} {...INPUT_TYPES[type]} {...limits(field)} />;
  }
}

/** Returns a size in kilobytes, as a whole number unless that would be 0. */
const kilobytes = (bytes: number) => (bytes < 1000 ? bytes / 1000 : Math.floor(bytes / 1000));

const INPUT_TYPES: Readonly<Record<string, Partial<FieldProps>>> = {
  // Password managers ignore `off`, and would fill in the account's password as the secret of another service.
  password: { type: 'password', autocomplete: 'new-password' },
  email: { type: 'email', autocomplete: 'email' },
  url: { type: 'url' },
  date: { type: 'date' },
  number: { type: 'number' },
};

function limits({ type, minimum, maximum, step, max_length: maxLength }: FormField): Partial<FieldProps> {
  if (type !== 'number') return { maxLength };
  const range = { ...(minimum !== undefined && { min: minimum }), ...(maximum !== undefined && { max: maximum }) };
  return { range: { ...range, step: step ?? 'any' } };
}

/** Returns the initial value of a field: the challenge's field of the same name, else that of the description. */
const initialOf = ({ type, initial }: FormField, current: unknown): string | undefined =>
  type !== 'password' && type !== 'file' && isScalar(current) ? String(current) : initial;

/**
 * A checkbox that is always part of the answer, as `true` or `false`. The hidden field has the same name, and the last
 * value counts.
 */
const BooleanField = ({ input }: { input: FieldProps }) => (
  <>
    <input type="hidden" name={input.name} value="false" />
    <Checkbox {...input} required={false} value="true" checked={input.initial === 'true'} />
  </>
);

/** Largest number of choices that are all visible. */
const MAX_RADIOS = 5;

function Choice({ input, choices }: { input: FieldProps; choices: readonly { value: string; text: string }[] }) {
  if (input.required && choices.length <= MAX_RADIOS) return <Radios {...input} choices={choices} />;
  const { t } = usePage();
  const none = { value: '', text: t(input.required ? 'Please choose one of the options.' : 'None') };
  return <Select {...input} choices={[none, ...choices]} />;
}
