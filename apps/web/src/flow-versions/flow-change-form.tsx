import { ErrorText } from '../ui/error-text.js';
import type { FlowAction, FlowChangeConfirmation, FlowChangeField } from './flow-change.js';
import type { FlowChangeProps } from './flow-change-props.js';
import { confirmationOf, fieldTexts, MAX_REASON } from './flow-change-texts.js';

interface Props extends FlowChangeProps {
  readonly expected: FlowChangeConfirmation['expected'];
}

const FIELDS: Readonly<Record<FlowAction, readonly FlowChangeField[]>> = {
  publish: ['reason'],
  rollout: ['percent', 'margin', 'for', 'reason'],
  rollback: ['reason'],
  preview: ['user'],
};

const REQUIRED: readonly FlowChangeField[] = ['percent', 'user'];

/**
 * The form that makes a change. It contains the versions that the page has shown. A preview opens in a new tab. If the
 * change needs a login first, the form has no button, and its fields cannot be changed, because the link to the login
 * contains their values.
 */
export function FlowChangeForm({ pageData, expected, t }: Props) {
  const { action, address, token, login } = pageData;
  const { current, candidate, result } = expected;
  const hidden = [
    [token.field, token.value],
    ['current', String(current)],
    ['candidate', String(candidate ?? 'none')],
    ...(result === undefined ? [] : [['result', String(result)] as const]),
  ] as const;
  return (
    <form method="post" action={address} class="change" {...(action === 'preview' && { target: '_blank' })}>
      {hidden.map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {FIELDS[action].map((name) => (
        <Field key={name} name={name} pageData={pageData} t={t} />
      ))}
      {login === undefined && <button class="main">{confirmationOf(pageData, t)}</button>}
    </form>
  );
}

/** A field. The first refused field has the focus when the page opens. */
function Field({ name, pageData, t }: FlowChangeProps & { name: FlowChangeField }) {
  const { typed, wrong, login } = pageData;
  const { label, hint, error } = fieldTexts(t)[name];
  const isWrong = wrong.includes(name);
  const described = [...(isWrong ? [`${name}-error`] : []), `${name}-hint`].join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        defaultValue={typed[name] ?? ''}
        readOnly={login !== undefined}
        required={REQUIRED.includes(name)}
        aria-describedby={described}
        spellcheck={name === 'reason'}
        autocapitalize="none"
        {...(name === 'percent' || name === 'margin' ? { inputMode: 'decimal' as const } : {})}
        {...(name === 'reason' ? { maxLength: MAX_REASON } : {})}
        {...(isWrong ? { 'aria-invalid': true as const, autofocus: wrong[0] === name } : {})}
      />
      <div class="hint" id={`${name}-hint`}>
        {hint}
      </div>
      {isWrong && <ErrorText name={name}>{error}</ErrorText>}
    </div>
  );
}
