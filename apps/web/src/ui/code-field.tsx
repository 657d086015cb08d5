import { usePage } from '../flow/page.context.js';
import { Field, type FieldProps } from './field.js';

type Props = Partial<Pick<FieldProps, 'label' | 'autocomplete' | 'errors' | 'hint' | 'inputmode'>>;

/** A field for a one-time code. Phones suggest the code and show a numeric keyboard. */
export function CodeField({ label, autocomplete = 'one-time-code', inputmode = 'numeric', ...rest }: Props) {
  const { t } = usePage();
  return (
    <Field name="code" label={label ?? t('Code')} autocomplete={autocomplete} inputmode={inputmode} first {...rest} />
  );
}
