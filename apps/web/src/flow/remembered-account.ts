import type { Challenge } from '../page.js';
import type { FormAnswer } from './page.context.js';

/** Key of the remembered name in the storage of the browser. */
const REMEMBERED = 'gatehouse.account';
/**
 * Key of the chosen name in the storage of the tab, which survives a reload. The name is stored there until the user is
 * proved.
 */
const CHOSEN = 'gatehouse.account.chosen';

/** Returns the name that the visitor let this browser remember. */
export const rememberedAccount = (): string | undefined => inStorage(() => localStorage.getItem(REMEMBERED));

/** Removes the remembered name. */
export const forgetAccount = (): void => inStorage(() => localStorage.removeItem(REMEMBERED));

/** Keeps the name to remember until the user is proved. `undefined` removes a name that was kept before. */
export const chooseAccount = (name: string | undefined): void =>
  inStorage(() => (name ? sessionStorage.setItem(CHOSEN, name) : sessionStorage.removeItem(CHOSEN)));

/**
 * Remembers the chosen name if the answer proved the user and the login continued. A mistyped name is not remembered,
 * because its login fails at the password.
 */
export function rememberProvedAccount(answer: FormAnswer, next: Challenge): void {
  const isProof = PROOFS.has(String(answer['component'])) || 'password' in answer;
  const isAccepted = next['response_errors'] == null && next.component !== answer['component'];
  if (!isProof || !isAccepted || NOT_REACHED.has(next.component)) return;
  inStorage(() => {
    const name = sessionStorage.getItem(CHOSEN);
    sessionStorage.removeItem(CHOSEN);
    if (name) localStorage.setItem(REMEMBERED, name);
  });
}

/** Components whose answers prove the user. */
const PROOFS: ReadonlySet<string> = new Set(['ak-stage-authenticator-validate', 'ak-stage-email', 'ak-stage-password']);

/** Components of challenges that show that the login has not continued. */
const NOT_REACHED: ReadonlySet<string> = new Set([
  'ak-stage-access-denied',
  'ak-stage-flow-error',
  'ak-stage-identification',
]);

/** Returns the stored value that `use` reads. `undefined` if there is no value, or if the browser allows no storage. */
function inStorage<T>(use: () => T | null): T | undefined {
  try {
    return use() ?? undefined;
  } catch {
    return undefined;
  }
}
