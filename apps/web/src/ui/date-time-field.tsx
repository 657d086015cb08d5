import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { inputText, parseTime, timeZoneName } from '../flow/local-time.js';
import { usePage } from '../flow/page.context.js';
import { described, FieldFooter, type FieldProps } from './field.js';

/**
 * A field for a date and a time. With the script, the input is in the visitor's time zone. Without it, the input is in
 * UTC, which the prompt stage assumes for a time without a zone. The hint names the zone.
 */
export function DateTimeField({
  name,
  label,
  required = true,
  initial = '',
  hint: ownHint,
  errors,
  first,
}: FieldProps) {
  const { t } = usePage();
  const { input, zone } = useLocalZone();
  const hint = (
    <>
      {ownHint}
      <div>{zone ? t('In your time zone: {zone}.', { zone }) : t('In coordinated universal time (UTC).')}</div>
    </>
  );
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        ref={input}
        {...{ type: 'datetime-local', id: name, name, required, autofocus: first, max: LAST_TIME }}
        {...valueAttributes(initial, zone ? 'local' : 'utc')}
        {...described({ name, hint, errors })}
      />
      <FieldFooter name={name} hint={hint} errors={errors} />
    </div>
  );
}

/** Prevents years with more than four digits, which the prompt stage refuses. */
const LAST_TIME = '9999-12-31T23:59:59';

function valueAttributes(initial: string, zone: 'utc' | 'local') {
  const time = parseTime(initial);
  return {
    'data-initial': initial,
    ...(time ? { defaultValue: inputText(time, zone) } : {}),
    ...(time?.getUTCSeconds() ? { step: 1 } : {}),
  };
}

/**
 * Returns the name of the visitor's time zone; `undefined` for the rendering on the server, which does not know it.
 * Converts what the visitor has typed before the script was loaded.
 */
function useLocalZone() {
  const { pageData } = usePage();
  const input = useRef<HTMLInputElement>(null);
  const [zone, setZone] = useState<string>();
  useLayoutEffect(() => {
    const typed = input.current?.value === input.current?.defaultValue ? '' : input.current?.value;
    const time = parseTime(typed ?? '');
    if (input.current && time) input.current.value = inputText(time, 'local');
    setZone(timeZoneName(pageData.locale));
  }, []);
  return { input, zone };
}
