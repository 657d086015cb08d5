import type { OauthSource } from '../source.js';
import * as profiles from './profiles.js';

/** What is known of the providers of one kind; a source's own addresses go before it. */
export interface ProviderType {
  /** Where it publishes what it is, by OpenID Connect Discovery 1.0. */
  readonly wellKnown?: string;
  /** Who it says it is where it publishes nothing (RFC 9207). */
  readonly issuer?: string;
  readonly authorization?: string;
  readonly token?: string;
  readonly profile?: string;
  readonly scopes: readonly string[];
  readonly read: profiles.ReadProfile;
  /** How the secret is sent where nothing is published of it; in the form unless it says so. */
  readonly basic?: true;
  /** Its script asks, and passes on nothing but a state: neither a nonce nor a challenge of PKCE. */
  readonly scripted?: true;
  /** Lists somebody's addresses apart from the profile, under `/emails` of it. */
  readonly addresses?: true;
  /** Where logins of this address can be of anybody's tenant, whose administrator says any address of mail. */
  readonly anyTenant?: RegExp;
  /** What the address of a login there says besides. */
  readonly parameters?: Readonly<Record<string, string>>;
}

const OPENID = ['openid', 'email', 'profile'];

/** The providers that a source may name. */
export const PROVIDERS: Readonly<Record<OauthSource['provider_type'], ProviderType>> = {
  openidconnect: { scopes: OPENID, read: profiles.openid },
  okta: { scopes: OPENID, read: profiles.openid },
  google: {
    wellKnown: 'https://accounts.google.com/.well-known/openid-configuration',
    scopes: OPENID,
    read: profiles.openid,
  },
  gitlab: {
    wellKnown: 'https://gitlab.com/.well-known/openid-configuration',
    scopes: OPENID,
    read: profiles.openid,
  },
  twitch: {
    wellKnown: 'https://id.twitch.tv/oauth2/.well-known/openid-configuration',
    scopes: ['openid', 'user:read:email'],
    read: profiles.openid,
    parameters: { claims: '{"userinfo":{"email":null,"email_verified":null,"preferred_username":null}}' },
  },
  apple: {
    wellKnown: 'https://appleid.apple.com/.well-known/openid-configuration',
    scopes: ['name', 'email'],
    read: profiles.apple,
    scripted: true,
    parameters: { response_mode: 'form_post' },
  },
  azuread: {
    authorization: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    profile: 'https://graph.microsoft.com/v1.0/me',
    scopes: ['openid', 'https://graph.microsoft.com/User.Read'],
    read: profiles.azuread,
    anyTenant: /\/(common|organizations|consumers)\//,
  },
  discord: {
    authorization: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    profile: 'https://discord.com/api/users/@me',
    scopes: ['identify', 'email'],
    read: profiles.discord,
  },
  facebook: {
    authorization: 'https://www.facebook.com/v19.0/dialog/oauth',
    token: 'https://graph.facebook.com/v19.0/oauth/access_token',
    profile: 'https://graph.facebook.com/v19.0/me?fields=id,name,email',
    scopes: ['email'],
    read: profiles.facebook,
  },
  github: {
    issuer: 'https://github.com/login/oauth',
    authorization: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    profile: 'https://api.github.com/user',
    scopes: ['read:user', 'user:email'],
    read: profiles.github,
    addresses: true,
  },
  mailcow: { scopes: ['profile'], read: profiles.mailcow },
  patreon: {
    authorization: 'https://www.patreon.com/oauth2/authorize',
    token: 'https://www.patreon.com/api/oauth2/token',
    profile: 'https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=email,full_name,is_email_verified,vanity',
    scopes: ['identity', 'identity[email]'],
    read: profiles.patreon,
  },
  reddit: {
    authorization: 'https://www.reddit.com/api/v1/authorize',
    token: 'https://www.reddit.com/api/v1/access_token',
    profile: 'https://oauth.reddit.com/api/v1/me',
    scopes: ['identity'],
    read: profiles.reddit,
    basic: true,
  },
  twitter: {
    authorization: 'https://x.com/i/oauth2/authorize',
    token: 'https://api.x.com/2/oauth2/token',
    profile: 'https://api.x.com/2/users/me',
    scopes: ['users.read', 'tweet.read'],
    read: profiles.twitter,
    basic: true,
  },
};

/** What a login asks for: those of the provider and the source's own, which replace the former where they begin with `*`. */
export function scopesOf({ scopes }: ProviderType, { additional_scopes: given }: OauthSource): string {
  const own = given.replace(/^\*/, '').split(/\s+/).filter(Boolean);
  return [...new Set(given.startsWith('*') ? own : [...scopes, ...own])].join(' ');
}
