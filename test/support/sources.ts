import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from './blueprints.js';
import type { Browser, BrowserResponse } from './browser.js';
import { writing } from './prompts.js';

/** Returns the blueprint entry of an OpenID Connect source. The flows `known` and `new` must precede it. */
export const oauthEntry = (slug: string, attrs: object = {}) => ({
  model: 'authentik_sources_oauth.oauthsource',
  id: `source ${slug}`,
  identifiers: { slug },
  attrs: {
    ...{ name: `Hub ${slug}`, provider_type: 'openidconnect', consumer_key: 'key', consumer_secret: 'secret' },
    ...{ authentication_flow: keyOf('known'), enrollment_flow: keyOf('new'), ...attrs },
  },
});
/** The blueprint entry of a Plex source. */
export const plexEntry = {
  model: 'authentik_sources_plex.plexsource',
  identifiers: { slug: 'plex' },
  attrs: { name: 'Plex', plex_token: 'secret', authentication_flow: keyOf('known'), enrollment_flow: keyOf('new') },
};

/** Returns the blueprint entry that changes an existing source. */
export const changedSource = (slug: string, attrs: object) => ({
  model: 'authentik_sources_oauth.oauthsource',
  identifiers: { slug },
  attrs,
});

/** Blueprint with sources of every kind, the flows that they start, and flows that use them. */
export const SOURCES = blueprint(
  ...['alice', 'bob', 'carol', 'dave'].map((name) => userEntry(name)),
  userEntry('idle', { is_active: false }),
  flowEntries('known', [LOGIN]),
  flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
  ...[oauthEntry('hub'), oauthEntry('mail', { user_matching_mode: 'email_link' }), plexEntry],
  oauthEntry('bare', { enrollment_flow: null }),
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
  flowEntries('buttons', [
    { stage: 'identification.identificationstage', attrs: { user_fields: [], sources: [keyOf('source hub')] } },
  ]),
  flowEntries('second', [
    ...[IDENTIFICATION, PASSWORD],
    { stage: 'source.sourcestage', attrs: { source: keyOf('source hub') } },
    LOGIN,
  ]),
  flowEntries(
    'joining',
    [IDENTIFICATION, { stage: 'source.sourcestage', attrs: { source: keyOf('source hub') } }, LOGIN],
    { designation: 'enrollment' },
  ),
);

/** Returns the challenge of the flow to which the callback of a source redirects. */
export async function follow(browser: Browser, { status, headers }: BrowserResponse): Promise<BrowserResponse> {
  if (status !== 302) throw new Error(`the callback returned ${status}`);
  const [path = '', query = ''] = (headers.get('location') ?? '').split('?');
  return browser.show(path.split('/')[3] ?? '', query);
}
