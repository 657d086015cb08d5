import type { ServerMetadata } from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';
import { InvalidMetadataError, type MetadataCache, type ProviderMetadata } from './metadata-cache.js';
import { type OauthSource, PROVIDERS, type ProviderType } from './provider-type.js';

/**
 * The provider of a source. Settings of the source override published metadata, which overrides the defaults of the
 * type.
 */
export interface Provider {
  readonly type: ProviderType;
  readonly metadata: ServerMetadata & { readonly authorization_endpoint: string; readonly token_endpoint: string };
  /** URL of the profile; `undefined` when the claims of the id token serve as the profile. */
  readonly profileUrl: string | undefined;
  /** Whether the identity comes from an id token. */
  readonly openId: boolean;
  /** Whether `iss` of an authorization response can be verified (RFC 9207). */
  readonly hasKnownIssuer: boolean;
  readonly pkce: boolean;
  /** Whether the client authenticates with HTTP Basic instead of form parameters. */
  readonly usesBasicAuth: boolean;
}

/** Issuer for a provider whose issuer is unknown, because `openid-client` requires one. */
const PLACEHOLDER_ISSUER = 'https://nameless.invalid';

/** Returns the provider of a source. Throws `InvalidMetadataError`, and the errors of `MetadataCache`. */
export async function providerOf(source: OauthSource, metadataCache: MetadataCache, signal: AbortSignal) {
  const type = PROVIDERS[source.provider_type];
  const wellKnownUrl = wellKnownUrlOf(source, type);
  return wellKnownUrl
    ? fromMetadata(source, type, await metadataCache.get(wellKnownUrl, signal))
    : withoutMetadata(source, type);
}

/**
 * Returns the metadata URL. Ignores the URL of the provider type if the source has endpoints of its own, because they
 * may be on another server. A source of a type with its own API for profiles reads no metadata if it has all endpoints:
 * sources that come from authentik may name metadata of another service, such as GitHub Actions.
 */
function wellKnownUrlOf(source: OauthSource, { wellKnown, profile }: ProviderType): string | undefined {
  const { authorization_url, access_token_url, profile_url, oidc_well_known_url } = source;
  const ownEndpoints = [authorization_url, access_token_url, profile_url];
  if (profile !== undefined && ownEndpoints.every(Boolean)) return undefined;
  return oidc_well_known_url || (ownEndpoints.some(Boolean) ? undefined : wellKnown);
}

function fromMetadata(source: OauthSource, type: ProviderType, published: ProviderMetadata): Provider {
  const { code_challenge_methods_supported: challenges, token_endpoint_auth_methods_supported: auth } = published;
  const profileUrl = source.profile_url || published.userinfo_endpoint;
  const metadata = {
    ...(published as ServerMetadata),
    authorization_endpoint: source.authorization_url || published.authorization_endpoint,
    token_endpoint: source.access_token_url || published.token_endpoint,
    jwks_uri: source.oidc_jwks_url || published.jwks_uri,
    ...(profileUrl && { userinfo_endpoint: profileUrl }),
  };
  const pkce = !type.startedByScript && (challenges?.includes('S256') ?? true);
  // Without published methods, HTTP Basic is the default (OpenID Connect Discovery 1.0, 3).
  const usesBasicAuth = !(auth ?? []).includes('client_secret_post');
  return { type, metadata, profileUrl, openId: true, hasKnownIssuer: true, pkce, usesBasicAuth };
}

/** Returns a provider without metadata. Without metadata, the identity comes from the profile, not from an id token. */
function withoutMetadata(source: OauthSource, type: ProviderType): Provider {
  const authorization = source.authorization_url || type.authorization;
  const token = source.access_token_url || type.token;
  const profileUrl = source.profile_url || type.profile;
  if (!authorization || !token || !profileUrl)
    throw new InvalidMetadataError(
      `${source.provider_type} needs oidc_well_known_url, or authorization_url, access_token_url and profile_url`,
    );
  const hasKnownIssuer = type.issuer !== undefined && authorization === type.authorization;
  const metadata = {
    issuer: hasKnownIssuer ? type.issuer : PLACEHOLDER_ISSUER,
    authorization_endpoint: authorization,
    token_endpoint: token,
    userinfo_endpoint: profileUrl,
  };
  const [pkce, usesBasicAuth] = [!type.startedByScript, type.usesBasicAuth === true];
  return { type, metadata, profileUrl, openId: false, hasKnownIssuer, pkce, usesBasicAuth };
}

/**
 * Returns the provider. Throws `InvalidMetadataError` if its authorization URL has no TLS, unless SOURCE_HOSTS names
 * the host.
 */
export function assertTls(provider: Provider, http: ProviderHttpClient): Provider {
  const { authorization_endpoint: url } = provider.metadata;
  if (!http.isTrusted(url))
    throw new InvalidMetadataError(`${url} does not use TLS. Use an https URL, or list the host in SOURCE_HOSTS`);
  return provider;
}
