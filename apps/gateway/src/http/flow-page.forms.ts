import { type Html, html } from './html.js';

/** A challenge as the wire has it. */
export type Challenge = Readonly<Record<string, unknown>>;

/** What somebody fills in. */
interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  readonly autocomplete: string;
}

interface Form {
  readonly fields: readonly Field[];
  readonly submit: string;
  /** What stands above the fields. */
  readonly lead?: Html;
}

const PASSWORD: Field = { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' };

/** How each challenge is asked by a plain form, by component; one that is not here needs a script. */
const FORMS: Readonly<Record<string, (challenge: Challenge) => Form>> = {
  'ak-stage-identification': (challenge) => ({
    fields: [identifier(challenge), ...(challenge['password_fields'] ? [PASSWORD] : [])],
    submit: String(challenge['primary_action']),
  }),
  'ak-stage-password': () => ({ fields: [PASSWORD], submit: 'Continue' }),
  'ak-stage-dummy': ({ name }) => ({ fields: [], submit: 'Continue', lead: html`<p>${String(name)}</p>` }),
};

/** The form of a challenge; undefined where none will do. */
export const formOf = (challenge: Challenge): Form | undefined => FORMS[String(challenge['component'])]?.(challenge);

function identifier({ user_fields }: Challenge): Field {
  const kinds = Array.isArray(user_fields) ? user_fields.map(String) : [];
  const words: Readonly<Record<string, string>> = { email: 'Email', username: 'username', upn: 'UPN' };
  const label = kinds.map((kind) => words[kind] ?? kind).join(' or ');
  const onlyMail = kinds.length === 1 && kinds[0] === 'email';
  return {
    name: 'uid_field',
    label: label.charAt(0).toUpperCase() + label.slice(1),
    type: onlyMail ? 'email' : 'text',
    autocomplete: 'username',
  };
}

type Errors = Readonly<Record<string, readonly { readonly string: string }[]>>;

/** Fields with their errors beside them; the first that needs attention has the focus. */
export function drawFields({ fields }: Form, errors: Errors): Html {
  const focus = fields.find(({ name }) => errors[name]) ?? fields[0];
  return html`${fields.map((field) => drawField(field, { errors: errors[field.name] ?? [], focus: field === focus }))}`;
}

function drawField(
  { name, label, type, autocomplete }: Field,
  { errors, focus }: { errors: readonly { readonly string: string }[]; focus: boolean },
): Html {
  const described = errors.length > 0 && html` aria-invalid="true" aria-describedby="${name}-error"`;
  return html`
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${described}${focus && html` autofocus`}>
    ${errors.length > 0 && html`<p class="error" id="${name}-error">${drawMessages(errors)}</p>`}`;
}

/** Errors as text, one after the other. */
export const drawMessages = (messages: readonly { readonly string: string }[]): string =>
  messages.map(({ string }) => string).join(' ');
