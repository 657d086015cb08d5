import type { Challenge } from '../page.js';
import type { FormAnswer } from './page.context.js';

/** Key of the name in the storage of the browser. */
const REMEMBERED = 'gatehouse.account';
/** Key of the name that waits for its proof in the storage of the tab, which survives a reload of the page. */
const CHOSEN = 'gatehouse.account.chosen';

/** Returns the name that the visitor let this browser remember. */
export const rememberedAccount = (): string | undefined => inStorage(() => localStorage.getItem(REMEMBERED));

/** Removes the remembered name. */
export const forgetAccount = (): void => inStorage(() => localStorage.removeItem(REMEMBERED));

/** Keeps the name that the visitor wants to be remembered until it is proved. `undefined` drops an earlier one. */
export const chooseAccount = (name: string | undefined): void =>
  inStorage(() => (name ? sessionStorage.setItem(CHOSEN, name) : sessionStorage.removeItem(CHOSEN)));

/**
 * Remembers the chosen name if the answer was a proof and the next step was reached. A mistyped name reaches the step for
 * the password too, so the name alone is not enough.
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

/** Components of challenges after which the login did not go on. */
const NOT_REACHED: ReadonlySet<string> = new Set([
  'ak-stage-access-denied',
  'ak-stage-flow-error',
  'ak-stage-identification',
]);

/** Returns the result of `use`; `undefined` if there is none, or if the browser allows no storage. */
function inStorage<T>(use: () => T | null): T | undefined {
  try {
    return use() ?? undefined;
  } catch {
    return undefined;
  }
}
