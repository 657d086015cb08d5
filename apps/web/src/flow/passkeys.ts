import { callApi, executorAddress } from './api.js';
import { getCredential, type RequestOptions } from './webauthn.js';

interface Offered {
  readonly component?: string;
  readonly to?: string;
  readonly response_errors?: object;
  readonly device_challenges?: readonly { readonly device_class: string; readonly challenge: RequestOptions }[];
}

/** Asks the flow at `url` for a challenge, and offers passkeys for it among what the browser suggests. */
export async function offerPasskeys(url: string, signal: AbortSignal): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const { pathname, search } = new URL(url, location.href);
  const executor = executorAddress(pathname.split('/')[3] ?? '', search);
  const offered = await ask(executor, { signal });
  const device = offered.device_challenges?.find(({ device_class }) => device_class === 'webauthn');
  if (!device || !offered.component) return;
  const chosen = await getCredential(device.challenge, { mediation: 'conditional', signal }).catch(() => undefined);
  if (!chosen) return;
  const body = JSON.stringify({ component: offered.component, webauthn: chosen });
  const { to } = await ask(executor, { body });
  // Whatever that flow asks next, or refuses, is for its own page to say.
  location.assign(to ?? url);
}

const ask = async (address: string, init: Parameters<typeof callApi>[1]): Promise<Offered> =>
  (await callApi(address, init)
    .then((response) => response.json())
    .catch(() => ({}))) as Offered;
