import { useLayoutEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { chooseAccount, forgetAccount, rememberedAccount } from '../flow/remembered-account.js';

const NAME_FIELD = 'uid_field';
const TICK = 'remember-account';

/**
 * Fills in the remembered name, with a button that forgets it. If no name is remembered, shows a checkbox for
 * remembering the name. The button and the checkbox need JavaScript, and have the same height, so that the layout of
 * the form does not shift.
 */
export function AccountMemory() {
  const { t } = usePage();
  const { remembered, forget } = useRememberedAccount();
  return (
    <div class="memory scripted">
      {remembered ? (
        <button type="button" class="link" onClick={forget}>
          {t('Not you? Use another account')}
        </button>
      ) : (
        <label class="tick">
          {/* The input has no name, so that the answer does not contain it. */}
          <input type="checkbox" id={TICK} />
          <span>{t('Fill in my name here next time')}</span>
        </label>
      )}
    </div>
  );
}

/** Keeps the name in the form if the visitor has ticked the checkbox. The browser remembers the name after a proof. */
export function keepAccount(form: HTMLFormElement): void {
  const isTicked = form.querySelector<HTMLInputElement>(`#${TICK}`)?.checked ?? false;
  chooseAccount(isTicked ? nameField()?.value.trim() : undefined);
}

function useRememberedAccount() {
  const [remembered, setRemembered] = useState<string>();
  useLayoutEffect(() => {
    const field = nameField();
    const name = rememberedAccount();
    // Keeps a name that the visitor or the browser has filled in. A field for email addresses accepts no username.
    if (!field || field.value !== '' || !name || (field.type === 'email' && !name.includes('@'))) return;
    field.value = name;
    setRemembered(name);
    if (document.activeElement === field) document.getElementById('password')?.focus();
  }, []);
  const forget = () => {
    forgetAccount();
    setRemembered(undefined);
    const field = nameField();
    if (!field) return;
    field.value = '';
    field.focus();
  };
  return { remembered, forget };
}

const nameField = () => document.getElementById(NAME_FIELD) as HTMLInputElement | null;
