import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

/** The attributes of an <input>, with a required name. */
export type InputAttributes = JSX.InputHTMLAttributes<HTMLInputElement> & { readonly name: string };

interface Props {
  readonly label: string;
  readonly input: InputAttributes;
  /** Whether a button reveals the password. */
  readonly revealable: boolean;
  /** The errors of the last password. When this value changes, the field is cleared. */
  readonly refused: unknown;
}

/** A password field with a reveal button and a caps lock warning. */
export function PasswordInput({ label, input, revealable, refused }: Props) {
  const { t } = usePage();
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // The visitor cannot see a mistake in a masked password, so clear the field for typing it again.
  useEffect(() => {
    if (refused && field.current) field.current.value = '';
  }, [refused]);
  const updateCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState?.('CapsLock') ?? false);
  const type = shown ? 'text' : 'password';
  return (
    <>
      <div class="secret">
        <input
          {...input}
          ref={field}
          type={type}
          {...NO_AUTOCORRECT}
          onKeyDown={updateCapsLock}
          onKeyUp={updateCapsLock}
        />
        {revealable && <Reveal shown={shown} toggle={() => setShown(!shown)} inputId={input.name} label={label} />}
      </div>
      <p class="hint reserved" role="status">
        {capsLock && t('Caps lock is on.')}
      </p>
    </>
  );
}

const NO_AUTOCORRECT = { autocapitalize: 'none', spellcheck: false } as const;

interface RevealProps {
  readonly shown: boolean;
  readonly toggle: () => void;
  readonly inputId: string;
  readonly label: string;
}

function Reveal({ shown, toggle, inputId, label }: RevealProps) {
  const { t } = usePage();
  return (
    <button
      type="button"
      class="reveal scripted"
      aria-label={t('Show {field}', { field: label })}
      aria-pressed={shown}
      aria-controls={inputId}
      onClick={toggle}
    >
      {t('Show')}
    </button>
  );
}
