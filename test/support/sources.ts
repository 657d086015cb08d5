import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from './blueprints.js';
import type { Browser, BrowserResponse } from './browser.js';
import { writing } from './prompts.js';

/** A source that speaks OpenID Connect, by blueprint; the flows `known` and `new` must come before. */
export const oauthEntry = (slug: string, attrs: object = {}) => ({
  model: 'authentik_sources_oauth.oauthsource',
  id: `source ${slug}`,
  identifiers: { slug },
  attrs: {
    ...{ name: `Hub ${slug}`, provider_type: 'openidconnect', consumer_key: 'key', consumer_secret: 'secret' },
    ...{ authentication_flow: keyOf('known'), enrollment_flow: keyOf('new'), ...attrs },
  },
});
/** Plex as a source, by blueprint. */
export const plexEntry = {
  model: 'authentik_sources_plex.plexsource',
  identifiers: { slug: 'plex' },
  attrs: { name: 'Plex', plex_token: 'secret', authentication_flow: keyOf('known'), enrollment_flow: keyOf('new') },
};

/** A change to a source alone: the flows that it names are there. */
export const changedSource = (slug: string, attrs: object) => ({
  model: 'authentik_sources_oauth.oauthsource',
  identifiers: { slug },
  attrs,
});

/** Sources of every kind, the flows that they lead to, and flows that lead to them. */
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
);

/** The challenge of the flow that the callback of a source leads to. */
export async function follow(browser: Browser, { status, headers }: BrowserResponse): Promise<BrowserResponse> {
  if (status !== 302) throw new Error(`the callback answered ${status}`);
  const [path = '', query = ''] = (headers.get('location') ?? '').split('?');
  return browser.show(path.split('/')[3] ?? '', query);
}
