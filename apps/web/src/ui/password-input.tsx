import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

/** What an input is made of. */
export type InputAttributes = JSX.InputHTMLAttributes<HTMLInputElement> & { readonly name: string };

interface Props {
  readonly input: InputAttributes;
  /** Whether what is typed can be shown. */
  readonly revealable: boolean;
  /** What was wrong with the last one. */
  readonly refused: unknown;
}

/** A field for a password: it can be shown, and says when the keyboard writes capitals. */
export function PasswordInput({ input, revealable, refused }: Props) {
  const { t } = usePage();
  const [shown, show] = useState(false);
  const [capitals, noteCapitals] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // What was refused is typed anew: it cannot be seen what was wrong with it.
  useEffect(() => {
    if (refused && field.current) field.current.value = '';
  }, [refused]);
  const heed = (event: KeyboardEvent) => noteCapitals(event.getModifierState?.('CapsLock') ?? false);
  const type = shown ? 'text' : 'password';
  return (
    <>
      <div class="secret">
        <input {...input} ref={field} type={type} {...PROSELESS} onKeyDown={heed} onKeyUp={heed} />
        {revealable && <Reveal shown={shown} toggle={() => show(!shown)} of={input.name} />}
      </div>
      <p class="hint" role="status">
        {capitals && t('Caps lock is on.')}
      </p>
    </>
  );
}

const PROSELESS = { autocapitalize: 'none', spellcheck: false } as const;

function Reveal({ shown, toggle, of }: { shown: boolean; toggle: () => void; of: string }) {
  const { t } = usePage();
  return (
    <button
      type="button"
      class="reveal scripted"
      aria-label={t('Show password')}
      aria-pressed={shown}
      aria-controls={of}
      onClick={toggle}
    >
      {t('Show')}
    </button>
  );
}
