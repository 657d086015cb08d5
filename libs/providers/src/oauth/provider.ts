import type { ServerMetadata } from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';
import type { OauthSource } from '../source.js';
import { InvalidMetadataError, type MetadataCache } from './metadata-cache.js';
import { PROVIDERS, type ProviderType } from './provider-type.js';

/** The provider of a source: what is known of its kind, under what it publishes, under what the source says. */
export interface Provider {
  readonly type: ProviderType;
  readonly metadata: ServerMetadata & { readonly authorization_endpoint: string; readonly token_endpoint: string };
  /** Where profiles are; an id token says all where there is none. */
  readonly profile: string | undefined;
  /** Whether an id token says who it is, and by whom that is said. */
  readonly openId: boolean;
  /** Whether `iss` of an answer can be held against a name (RFC 9207). */
  readonly isNamed: boolean;
  readonly pkce: boolean;
  readonly basic: boolean;
}

/** Stands for a name that nobody has told. */
const PLACEHOLDER_ISSUER = 'https://nameless.invalid';

/** Throws Unusable, and what asking for its metadata throws. */
export async function providerOf(source: OauthSource, published: MetadataCache, signal: AbortSignal) {
  const type = PROVIDERS[source.provider_type];
  const wellKnown = wellKnownOf(source, type);
  return wellKnown ? fromMetadata(source, type, await published.at(wellKnown, signal)) : withoutMetadata(source, type);
}

/** Addresses of a source's own are those of another provider than its kind usually has. */
function wellKnownOf(source: OauthSource, { wellKnown }: ProviderType): string | undefined {
  const isElsewhere = source.authorization_url || source.access_token_url || source.profile_url;
  return source.oidc_well_known_url || (isElsewhere ? undefined : wellKnown);
}

type Published = Awaited<ReturnType<MetadataCache['at']>>;

function fromMetadata(source: OauthSource, type: ProviderType, published: Published): Provider {
  const { code_challenge_methods_supported: challenges, token_endpoint_auth_methods_supported: auth } = published;
  const profile = source.profile_url || published.userinfo_endpoint;
  const metadata = {
    ...(published as ServerMetadata),
    authorization_endpoint: source.authorization_url || published.authorization_endpoint,
    token_endpoint: source.access_token_url || published.token_endpoint,
    jwks_uri: source.oidc_jwks_url || published.jwks_uri,
    ...(profile && { userinfo_endpoint: profile }),
  };
  const pkce = !type.scripted && (challenges?.includes('S256') ?? true);
  // Nothing published means Basic (OpenID Connect Discovery 1.0, 3).
  const basic = !(auth ?? []).includes('client_secret_post');
  return { type, metadata, profile, openId: true, isNamed: true, pkce, basic };
}

/** Without metadata nothing says who signs id tokens: whoever the profile names it is, as the address is trusted. */
function withoutMetadata(source: OauthSource, type: ProviderType): Provider {
  const authorization = source.authorization_url || type.authorization;
  const token = source.access_token_url || type.token;
  const profile = source.profile_url || type.profile;
  if (!authorization || !token || !profile)
    throw new InvalidMetadataError(`${source.provider_type} needs oidc_well_known_url, or its three addresses`);
  const isNamed = type.issuer !== undefined && authorization === type.authorization;
  const metadata = {
    issuer: isNamed ? type.issuer : PLACEHOLDER_ISSUER,
    authorization_endpoint: authorization,
    token_endpoint: token,
    userinfo_endpoint: profile,
  };
  return { type, metadata, profile, openId: false, isNamed, pkce: !type.scripted, basic: type.basic === true };
}

/** Throws Unusable where a browser would be sent somewhere without TLS. */
export function assertTls(provider: Provider, web: ProviderHttpClient): Provider {
  const { authorization_endpoint: address } = provider.metadata;
  if (!web.isTrusted(address)) throw new InvalidMetadataError(`${address} is no address with TLS: see SOURCE_HOSTS`);
  return provider;
}
