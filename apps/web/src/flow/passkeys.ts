import { executorPath } from '@gatehouse/client';
import { getCredential } from '@gatehouse/client/webauthn';
import { callApi } from './api.js';
import type { FormAnswer } from './page.context.js';

interface PasskeyChallenge {
  readonly component?: string;
  readonly to?: string;
  readonly response_errors?: object;
  readonly device_challenges?: readonly { readonly device_class: string; readonly challenge: FormAnswer }[];
}

/** Offers the passkeys that the flow at `url` accepts as autofill suggestions, and logs in with the chosen passkey. */
export async function offerPasskeys(url: string, signal: AbortSignal): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const { pathname, search } = new URL(url, location.href);
  const executor = executorPath(pathname.split('/')[3] ?? '', search);
  const challenge = await request(executor, { signal });
  const device = challenge.device_challenges?.find(({ device_class }) => device_class === 'webauthn');
  if (!device || !challenge.component) return;
  const assertion = await getCredential(device.challenge, { mediation: 'conditional', signal }).catch(() => undefined);
  if (!assertion) return;
  const body = JSON.stringify({ component: challenge.component, webauthn: assertion });
  const { to } = await request(executor, { body });
  // Without a redirect (`to`), the page at `url` shows the next challenge or the refusal.
  location.assign(to ?? url);
}

/**
 * Asks the browser for any passkey that a challenge accepts: as an autofill suggestion, or at once if the visitor has
 * asked for it. Returns `undefined` if the visitor or the browser gives none.
 */
export async function anyPasskey(
  challenge: FormAnswer,
  { suggested, signal }: { readonly suggested: boolean; readonly signal: AbortSignal },
): Promise<FormAnswer | undefined> {
  if (suggested && !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return undefined;
  const mediation = suggested ? 'conditional' : 'optional';
  return getCredential(challenge, { mediation, signal }).catch(() => undefined);
}

const request = async (address: string, init: Parameters<typeof callApi>[1]): Promise<PasskeyChallenge> =>
  (await callApi(address, init)
    .then((response) => response.json())
    .catch(() => ({}))) as PasskeyChallenge;
