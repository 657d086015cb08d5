import { isWebAddress } from '@gatehouse/contracts';
import type { OauthClient } from './oauth-client.js';
import type { ProxyApplication } from './proxy-application.js';

/**
 * Returns the URL at which visitors start an OAuth client: the configured one, else the origin of its first redirect
 * URI. `undefined` if the application has none or is hidden.
 */
export function clientLaunchUrl({
  launch_url,
  redirect_uris,
}: Pick<OauthClient, 'launch_url' | 'redirect_uris'>): string | undefined {
  const [address] = redirect_uris.filter((uri) => isWebAddress(uri));
  return (launch_url ?? (address && new URL('/', address).href)) || undefined;
}

/**
 * Returns the URL at which visitors start a site: the configured one, else its front page. `undefined` if the
 * application has none or is hidden.
 */
export const siteLaunchUrl = ({
  launch_url,
  origin,
}: Pick<ProxyApplication, 'launch_url' | 'origin'>): string | undefined => (launch_url ?? `${origin}/`) || undefined;
