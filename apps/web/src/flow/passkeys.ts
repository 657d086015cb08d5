import { executorPath, NO_REPLY, readReply } from '@gatehouse/client';
import { getCredential } from '@gatehouse/client/webauthn';
import type { Challenge } from '../page.js';
import { callApi } from './api.js';
import type { FormAnswer } from './page.context.js';
import { signalUnknownPasskey } from './passkey-signals.js';

type PasskeyChallenge = Challenge & {
  readonly to?: string;
  readonly device_challenges?: readonly { readonly device_class: string; readonly challenge: FormAnswer }[];
};

/** Offers the passkeys that the flow at `url` accepts as autofill suggestions, and logs in with the chosen passkey. */
export async function offerPasskeys(url: string, signal: AbortSignal): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const { pathname, search } = new URL(url, location.href);
  const executor = executorPath(pathname.split('/')[3] ?? '', search);
  const challenge = await request(executor, { signal });
  const device = challenge?.device_challenges?.find(({ device_class }) => device_class === 'webauthn');
  if (!challenge || !device) return;
  const assertion = await getCredential(device.challenge, { mediation: 'conditional', signal }).catch(() => undefined);
  if (!assertion) return;
  const body = JSON.stringify({ component: challenge.component, webauthn: assertion });
  const next = await request(executor, { body });
  if (next) await signalUnknownPasskey({ webauthn: assertion }, next);
  // Without a redirect (`to`), the page at `url` shows the next challenge or the refusal.
  location.assign(next?.to ?? url);
}

/**
 * Requests any passkey that a challenge accepts from the browser: as an autofill suggestion, or at once if the visitor
 * has asked for it. Returns `undefined` if the visitor or the browser provides none.
 */
export async function anyPasskey(
  challenge: FormAnswer,
  { suggested, signal }: { readonly suggested: boolean; readonly signal: AbortSignal },
): Promise<FormAnswer | undefined> {
  if (suggested && !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return undefined;
  const mediation = suggested ? 'conditional' : 'optional';
  return getCredential(challenge, { mediation, signal }).catch(() => undefined);
}

/** Returns the challenge in the reply to a request, or `undefined` if there is none. */
async function request(address: string, init: Parameters<typeof callApi>[1]): Promise<PasskeyChallenge | undefined> {
  const reply = await callApi(address, init)
    .then(readReply)
    .catch(() => NO_REPLY);
  return reply.kind === 'challenge' ? (reply.challenge as PasskeyChallenge) : undefined;
}
