import type { OAUTH_SOURCE, PublishedSource } from '@gatehouse/contracts';
import * as profiles from './profiles.js';

/** A source that uses OAuth. */
export type OauthSource = Extract<PublishedSource, { model: typeof OAUTH_SOURCE }>;

/** The defaults of a type of provider. URLs in the settings of a source override the default URLs. */
export interface ProviderType {
  /** URL of the provider's metadata (OpenID Connect Discovery 1.0). */
  readonly wellKnown?: string;
  /** The `iss` of authorization responses, for a provider without metadata (RFC 9207). */
  readonly issuer?: string;
  readonly authorization?: string;
  readonly token?: string;
  readonly profile?: string;
  readonly scopes: readonly string[];
  readonly readProfile: profiles.ReadProfile;
  /** Whether to send the client secret with HTTP Basic when there is no metadata. Default: as a form parameter. */
  readonly usesBasicAuth?: true;
  /** Whether the provider's script starts the login. The script supports a `state`, but neither a nonce nor PKCE. */
  readonly startedByScript?: true;
  /** Whether the provider lists email addresses separately, at the profile URL followed by `/emails`. */
  readonly listsEmails?: true;
  /**
   * Matches authorization URLs that accept any tenant. Email addresses are then unverified: a tenant's administrator
   * sets them.
   */
  readonly multiTenant?: RegExp;
  /** Further parameters of the authorization URL. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Microsoft Entra ID, which 2024.8 calls `azuread`. */
const ENTRA_ID: ProviderType = {
  authorization: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
  token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  profile: 'https://graph.microsoft.com/v1.0/me',
  scopes: ['openid', 'https://graph.microsoft.com/User.Read'],
  readProfile: profiles.azuread,
  multiTenant: /\/(common|organizations|consumers)\//i,
};

const OPENID = ['openid', 'email', 'profile'];

/** The supported types of providers. */
export const PROVIDERS: Readonly<Record<OauthSource['provider_type'], ProviderType>> = {
  openidconnect: { scopes: OPENID, readProfile: profiles.openid },
  okta: { scopes: OPENID, readProfile: profiles.openid },
  google: {
    wellKnown: 'https://accounts.google.com/.well-known/openid-configuration',
    scopes: OPENID,
    readProfile: profiles.openid,
  },
  gitlab: {
    wellKnown: 'https://gitlab.com/.well-known/openid-configuration',
    scopes: OPENID,
    readProfile: profiles.openid,
  },
  slack: {
    wellKnown: 'https://slack.com/.well-known/openid-configuration',
    scopes: OPENID,
    readProfile: profiles.openid,
  },
  twitch: {
    wellKnown: 'https://id.twitch.tv/oauth2/.well-known/openid-configuration',
    scopes: ['openid', 'user:read:email'],
    readProfile: profiles.openid,
    parameters: { claims: '{"userinfo":{"email":null,"email_verified":null,"preferred_username":null}}' },
  },
  apple: {
    wellKnown: 'https://appleid.apple.com/.well-known/openid-configuration',
    scopes: ['name', 'email'],
    readProfile: profiles.apple,
    startedByScript: true,
    parameters: { response_mode: 'form_post' },
  },
  azuread: ENTRA_ID,
  entraid: ENTRA_ID,
  discord: {
    authorization: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    profile: 'https://discord.com/api/users/@me',
    scopes: ['identify', 'email'],
    readProfile: profiles.discord,
  },
  facebook: {
    authorization: 'https://www.facebook.com/v19.0/dialog/oauth',
    token: 'https://graph.facebook.com/v19.0/oauth/access_token',
    profile: 'https://graph.facebook.com/v19.0/me?fields=id,name,email',
    scopes: ['email'],
    readProfile: profiles.facebook,
  },
  github: {
    issuer: 'https://github.com/login/oauth',
    authorization: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    profile: 'https://api.github.com/user',
    scopes: ['read:user', 'user:email'],
    readProfile: profiles.github,
    listsEmails: true,
  },
  mailcow: { scopes: ['profile'], readProfile: profiles.mailcow },
  patreon: {
    authorization: 'https://www.patreon.com/oauth2/authorize',
    token: 'https://www.patreon.com/api/oauth2/token',
    profile: 'https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=email,full_name,is_email_verified,vanity',
    scopes: ['identity', 'identity[email]'],
    readProfile: profiles.patreon,
  },
  reddit: {
    authorization: 'https://www.reddit.com/api/v1/authorize',
    token: 'https://www.reddit.com/api/v1/access_token',
    profile: 'https://oauth.reddit.com/api/v1/me',
    scopes: ['identity'],
    readProfile: profiles.reddit,
    usesBasicAuth: true,
  },
  twitter: {
    authorization: 'https://x.com/i/oauth2/authorize',
    token: 'https://api.x.com/2/oauth2/token',
    profile: 'https://api.x.com/2/users/me',
    scopes: ['users.read', 'tweet.read'],
    readProfile: profiles.twitter,
    usesBasicAuth: true,
  },
};

/**
 * Returns the scopes of a login: the provider's default scopes and `additional_scopes`. If `additional_scopes` begins
 * with `*`, returns no default scopes.
 */
export function scopesOf({ scopes }: ProviderType, { additional_scopes: additional }: OauthSource): string {
  const scopesOfSource = additional.replace(/^\*/, '').split(/\s+/).filter(Boolean);
  return [...new Set(additional.startsWith('*') ? scopesOfSource : [...scopes, ...scopesOfSource])].join(' ');
}
