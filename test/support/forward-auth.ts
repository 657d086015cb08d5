import { generateKeyPairSync } from 'node:crypto';
import { keyOf } from './blueprints.js';

/** Returns a value of JWT_SIGNING_KEYS with one new key. */
export function newSigningKeys(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return `test:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`;
}

/** Returns the blueprint entries of a site behind forward auth, `http://SLUG.localhost`, and its application. */
export const siteEntries = (slug: string, attrs: Readonly<Record<string, unknown>> = {}) => [
  {
    model: 'authentik_providers_proxy.proxyprovider',
    id: `${slug} provider`,
    identifiers: { name: slug },
    attrs: { mode: 'forward_single', external_host: `http://${slug}.localhost`, ...attrs },
  },
  {
    model: 'authentik_core.application',
    id: `${slug} application`,
    identifiers: { slug },
    attrs: { name: `The ${slug}`, provider: keyOf(`${slug} provider`) },
  },
];
