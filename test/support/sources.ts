import { keyOf } from './blueprints.js';

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
