import { char, duration, type Errors, reference, referencesOf } from '@gatehouse/contracts';
import { z } from 'zod';
import { PROVIDER_KIND } from './application.model.js';
import type { ObjectModel } from './object-model.js';

/** The mode in which a reverse proxy asks the gateway about each request (docs/spec/forward-auth.md#provider). */
const FORWARD_SINGLE = 'forward_single';
const MAX_HOST_LENGTH = 255;

/** A site behind forward auth. The default of `mode` is authentik's, and is refused. */
export const proxyProviderSchema = z
  .object({
    name: char().describe('Unique name of the provider.'),
    mode: char().default('proxy').describe('Must be forward_single.'),
    external_host: char({ maxLength: MAX_HOST_LENGTH }).describe('Origin of the site: https:// and the host.'),
    authorization_flow: reference('flow').describe('Does not run; a flow with stages or policies is refused.'),
    authentication_flow: reference('flow').describe(
      'Flow in which anonymous visitors log in. Null: that of the brand.',
    ),
    access_token_validity: duration('hours=24').describe('Longest lifetime of the cookie of the site.'),
  })
  .meta({ since: '1.0.0' });

/** The model of proxy providers, which are unique by name. Blueprints of authentik may identify them by number. */
export const proxyProviderModel: ObjectModel = {
  name: 'authentik_providers_proxy.proxyprovider',
  kind: PROVIDER_KIND,
  key: ['name'],
  numbered: true,
  schema: proxyProviderSchema,
  references: referencesOf(proxyProviderSchema),
  parents: [],
  check: ({ mode, external_host }) => ({ ...modeErrors(String(mode)), ...hostErrors(String(external_host)) }),
};

/**
 * Returns the origin of an external host: scheme, host and port. Returns undefined if the text has anything else, or is
 * not https. Only a host of this machine may have http, for tests.
 */
export function originOf(externalHost: string): string | undefined {
  if (!URL.canParse(externalHost) || /[\\\s]/.test(externalHost)) return undefined;
  const url = new URL(externalHost);
  const isOrigin = url.href === `${url.origin}/` && !/[?#]/.test(externalHost) && !url.hostname.endsWith('.');
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLocalHost(url.hostname));
  return isOrigin && isAllowed ? url.origin : undefined;
}

const isLocalHost = (hostname: string): boolean =>
  /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname) || hostname.endsWith('.localhost');

const modeErrors = (mode: string): Errors =>
  mode === FORWARD_SINGLE
    ? {}
    : {
        mode: [
          {
            text: `The mode must be ${FORWARD_SINGLE}. Gatehouse neither proxies requests nor sets a cookie for a whole domain.`,
          },
        ],
      };

const hostErrors = (host: string): Errors =>
  originOf(host) === undefined
    ? {
        external_host: [
          {
            text: 'Expected https:// with a host and no path, such as https://app.example.org. Only a host of this machine may have http://.',
          },
        ],
      }
    : {};
