import { z } from 'zod';
import { since2026, withNewerValues } from './api-fields.js';
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
  'entraid',
  'facebook',
  'github',
  'gitlab',
  'google',
  'mailcow',
  'okta',
  'patreon',
  'reddit',
  'slack',
  'twitch',
  'twitter',
] as const;

/** Provider types that authentik has had since 2026.8. `wechat` is missing, because its protocol is not OAuth. */
const NEWER_PROVIDER_TYPES = ['entraid', 'slack'] as const;

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
  name: char().describe('Name on the button of the login page.'),
  slug: char()
    .refine((slug) => SLUG.test(slug), { error: NOT_A_SLUG })
    .describe('Name of the source in URLs; unique.'),
  enabled: boolean().default(true).describe('Whether users can log in with the source.'),
  authentication_flow: reference('flow').describe('Flow that logs a known user in.'),
  enrollment_flow: reference('flow').describe('Flow that creates the account of a new user.'),
  user_matching_mode: choice(USER_MATCHING)
    .default('identifier')
    .describe('How an unknown identity is linked to an existing user.'),
  group_matching_mode: choice(GROUP_MATCHING)
    .default('identifier')
    .describe('How groups of the source are linked to groups.'),
  user_path_template: char({ maxLength: 500 })
    .default('goauthentik.io/sources/%(slug)s')
    .describe('Folder of new users; %(slug)s is the slug of the source.'),
  promoted: since2026(boolean().default(false)).describe('Whether the login page shows the button first, and larger.'),
  /** A path, a URL, or `fa://name`. If empty, the page shows the icon of the provider type. */
  icon: char({ maxLength: 500, allowBlank: true })
    .nullable()
    .default(null)
    .describe('Path or URL of the picture on the button.'),
});

/**
 * Text for the address fields. A kind with an OpenID configuration never mixes its own addresses with configured ones,
 * because the client secret could then be sent to another server.
 */
const OF_KIND =
  'Absent: that of the kind. Kinds of OpenID Connect, such as `google`, need none or all three addresses, or `oidc_well_known_url`.';

/**
 * Config of a source that uses OAuth 2 or OpenID Connect (docs/spec/sources.md). OAuth 1 is not supported, so
 * `request_token_url` has no effect.
 */
export const oauthSourceConfig = sourceConfig.extend({
  provider_type: withNewerValues(choice(PROVIDER_TYPES), NEWER_PROVIDER_TYPES).describe('Kind of the provider.'),
  request_token_url: endpointUrl().describe('Address for request tokens of OAuth 1.'),
  authorization_url: endpointUrl().describe(`Address at which users log in. ${OF_KIND}`),
  access_token_url: endpointUrl().describe(`Address at which codes are exchanged. ${OF_KIND}`),
  profile_url: endpointUrl().describe(`Address of the user's profile. ${OF_KIND}`),
  consumer_key: char({ maxLength: 2000 }).describe('Client id at the provider.'),
  consumer_secret: secret(char({ maxLength: 10_000 })).describe('Client secret at the provider.'),
  additional_scopes: char({ maxLength: 2000, allowBlank: true })
    .default('')
    .describe('Further scopes, separated by spaces; with a * first, they replace the default ones.'),
  oidc_well_known_url: endpointUrl().describe('Address of the OpenID configuration.'),
  oidc_jwks_url: endpointUrl().describe('Address of the keys of the provider.'),
  oidc_jwks: jsonObject()
    .default({})
    .describe('Keys of the provider, instead of an address. Ignored with `oidc_jwks_url`.'),
});

/** Returns a random client id, the default of a Plex source. */
const randomClientId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(20)), (n) => n.toString(16).padStart(2, '0')).join('');

/** Config of a Plex source (docs/spec/sources.md#plex). */
export const plexSourceConfig = sourceConfig.extend({
  client_id: char({ maxLength: 255 })
    .default(randomClientId)
    .describe('Id of this installation at Plex. Absent: a random one.'),
  allowed_servers: z
    .array(char({ maxLength: 255 }))
    .max(1000)
    .default([])
    .describe('Plex servers whose users may log in. Empty: any.'),
  allow_friends: boolean().default(true).describe('Whether friends of the owner may log in.'),
  plex_token: secret(char({ maxLength: 2000 })).describe('Token of the owner.'),
});

const published = { uuid: z.uuid() };

/** A published source. Its flows are slugs. Its secrets are sealed in the database, and plain text on the bus. */
export const publishedSource = z.discriminatedUnion('model', [
  z.object({ ...published, model: z.literal(OAUTH_SOURCE), ...oauthSourceConfig.shape }),
  z.object({ ...published, model: z.literal(PLEX_SOURCE), ...plexSourceConfig.shape }),
]);
export type PublishedSource = z.output<typeof publishedSource>;
