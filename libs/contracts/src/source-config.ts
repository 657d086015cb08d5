import { z } from 'zod';
import { boolean, char, choice, jsonObject } from './fields.js';
import { isWebAddress } from './redirect-target.js';
import { reference } from './reference.js';
import { secret } from './secret.js';

/** The blueprint model of sources that speak OAuth. */
export const OAUTH_SOURCE = 'authentik_sources_oauth.oauthsource';
/** The blueprint model of Plex as a source. */
export const PLEX_SOURCE = 'authentik_sources_plex.plexsource';

/** What is done with somebody of a source who is not connected with anybody here. */
export const USER_MATCHING = ['identifier', 'email_link', 'email_deny', 'username_link', 'username_deny'] as const;
/** What is done with a group of a source that is not connected with a group here. */
export const GROUP_MATCHING = ['identifier', 'name_link', 'name_deny'] as const;

/** Providers whose addresses and profiles are known; of any other one `openidconnect` says all. */
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

/** What a slug is made of. */
const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
const NOT_A_SLUG = 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.';
const NOT_AN_ADDRESS = 'Enter a valid URL.';

/** An address of a provider; empty or null where its type knows one, or needs none. */
const address = () =>
  char({ maxLength: 255, allowBlank: true })
    .refine((given) => given === '' || isWebAddress(given), { error: NOT_AN_ADDRESS })
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
  /** A path, an address, or `fa://name`; empty for that of its type. */
  icon: char({ maxLength: 500, allowBlank: true }).nullable().default(null),
});

/** A source that speaks OAuth 1, OAuth 2 or OpenID Connect (docs/spec/sources.md). */
export const oauthSourceConfig = sourceConfig.extend({
  provider_type: choice(PROVIDER_TYPES),
  request_token_url: address(),
  authorization_url: address(),
  access_token_url: address(),
  profile_url: address(),
  consumer_key: char({ maxLength: 2000 }),
  consumer_secret: secret(char({ maxLength: 10_000 })),
  additional_scopes: char({ maxLength: 2000, allowBlank: true }).default(''),
  oidc_well_known_url: address(),
  oidc_jwks_url: address(),
  oidc_jwks: jsonObject().default({}),
});

/** What Plex knows this house by, unless somebody says. */
const randomClientId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(20)), (n) => n.toString(16).padStart(2, '0')).join('');

/** Plex as a source (docs/spec/sources.md#plex). */
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

/** A source as it is published: flows by their slugs. What is secret is sealed where it is kept, and open on the bus. */
export const publishedSource = z.discriminatedUnion('model', [
  z.object({ ...published, model: z.literal(OAUTH_SOURCE), ...oauthSourceConfig.shape }),
  z.object({ ...published, model: z.literal(PLEX_SOURCE), ...plexSourceConfig.shape }),
]);
export type PublishedSource = z.output<typeof publishedSource>;
