import { z } from 'zod';
import { boolean, char, choice, jsonObject } from './fields.js';
import { isWebAddress } from './redirect-target.js';
import { reference } from './reference.js';
import { secret } from './secret.js';

/** Blueprint model of OAuth and OpenID Connect sources. */
export const OAUTH_SOURCE = 'authentik_sources_oauth.oauthsource';
/** Blueprint model of Plex sources. */
export const PLEX_SOURCE = 'authentik_sources_plex.plexsource';

/** How a user of a source is matched to a Gatehouse user if the two are not connected yet. */
export const USER_MATCHING = ['identifier', 'email_link', 'email_deny', 'username_link', 'username_deny'] as const;
/** How a group of a source is matched to a Gatehouse group if the two are not connected yet. */
export const GROUP_MATCHING = ['identifier', 'name_link', 'name_deny'] as const;

/** Provider types with built-in endpoints and profile mappings. Other providers use `openidconnect`. */
export const PROVIDER_TYPES = [
  'apple',
  'openidconnect',
  'azuread',
  'discord',
  'facebook',
  'github',
  'gitlab',
  'google',
  'mailcow',
  'okta',
  'patreon',
  'reddit',
  'twitch',
  'twitter',
] as const;

const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
const NOT_A_SLUG = 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.';
const NOT_A_URL = 'Enter a valid URL.';

/** URL of an endpoint. Empty or null if the provider type has a built-in URL or needs none. */
const endpointUrl = () =>
  char({ maxLength: 255, allowBlank: true })
    .refine((value) => value === '' || isWebAddress(value), { error: NOT_A_URL })
    .nullable()
    .default(null);

const sourceConfig = z.object({
  name: char(),
  slug: char().refine((slug) => SLUG.test(slug), { error: NOT_A_SLUG }),
  enabled: boolean().default(true),
  authentication_flow: reference('flow'),
  enrollment_flow: reference('flow'),
  user_matching_mode: choice(USER_MATCHING).default('identifier'),
  group_matching_mode: choice(GROUP_MATCHING).default('identifier'),
  user_path_template: char({ maxLength: 500 }).default('goauthentik.io/sources/%(slug)s'),
  /** A path, a URL, or `fa://name`. If empty, the page shows the icon of the provider type. */
  icon: char({ maxLength: 500, allowBlank: true }).nullable().default(null),
});

/**
 * Config of a source that uses OAuth 2 or OpenID Connect (docs/spec/sources.md). OAuth 1 is not supported, so
 * `request_token_url` has no effect.
 */
export const oauthSourceConfig = sourceConfig.extend({
  provider_type: choice(PROVIDER_TYPES),
  request_token_url: endpointUrl(),
  authorization_url: endpointUrl(),
  access_token_url: endpointUrl(),
  profile_url: endpointUrl(),
  consumer_key: char({ maxLength: 2000 }),
  consumer_secret: secret(char({ maxLength: 10_000 })),
  additional_scopes: char({ maxLength: 2000, allowBlank: true }).default(''),
  oidc_well_known_url: endpointUrl(),
  oidc_jwks_url: endpointUrl(),
  oidc_jwks: jsonObject().default({}),
});

/** Returns a random client id, the default of a Plex source. */
const randomClientId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(20)), (n) => n.toString(16).padStart(2, '0')).join('');

/** Config of a Plex source (docs/spec/sources.md#plex). */
export const plexSourceConfig = sourceConfig.extend({
  client_id: char({ maxLength: 255 }).default(randomClientId),
  allowed_servers: z
    .array(char({ maxLength: 255 }))
    .max(1000)
    .default([]),
  allow_friends: boolean().default(true),
  plex_token: secret(char({ maxLength: 2000 })),
});

const published = { uuid: z.uuid() };

/** A published source. Its flows are slugs. Its secrets are sealed in the database, and plain text on the bus. */
export const publishedSource = z.discriminatedUnion('model', [
  z.object({ ...published, model: z.literal(OAUTH_SOURCE), ...oauthSourceConfig.shape }),
  z.object({ ...published, model: z.literal(PLEX_SOURCE), ...plexSourceConfig.shape }),
]);
export type PublishedSource = z.output<typeof publishedSource>;
