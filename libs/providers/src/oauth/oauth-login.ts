import * as client from 'openid-client';
import { z } from 'zod';
import { type ProviderProfile, type SourceIdentity, toSourceIdentity } from '../identity.js';
import { InvalidProofError } from '../login-errors.js';
import type { ProviderHttpClient } from '../provider-http-client.js';
import type { ProvidersConfig } from '../providers.config.js';
import { ClientConfigurations } from './client-configurations.js';
import { MetadataCache } from './metadata-cache.js';
import { toLoginRefusal } from './oauth-errors.js';
import { fetchProfile, type ProfileRequest } from './oauth-profile.js';
import { assertTls, type Provider, providerOf } from './provider.js';
import { type OauthSource, scopesOf } from './provider-type.js';

/** The parameters of a new login. */
export interface OauthLoginStart {
  readonly redirect_uri: string;
  readonly state: string;
}

/** The parameters of the callback. */
export interface OauthCallback extends OauthLoginStart {
  /** The secrets that `begin` returned to be kept until the callback. */
  readonly kept: Readonly<Record<string, unknown>>;
  /** The parameters in the query or the form of the callback. */
  readonly answer: Readonly<Record<string, string>>;
}

/** The secrets of a login that are kept until the callback. */
const oauthLoginState = z.object({ nonce: z.string().optional(), verifier: z.string().optional() });

/** Standard parameters of an authorization response (RFC 6749, 4.1.2; RFC 9207). */
const RESPONSE_PARAMETERS = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'];

/**
 * Logins by OAuth 2 and OpenID Connect: the authorization code flow, with PKCE and a nonce if the provider supports
 * them.
 */
export class OauthLogin {
  private readonly metadataCache: MetadataCache;
  private readonly clients: ClientConfigurations;

  constructor(
    private readonly http: ProviderHttpClient,
    private readonly limits: ProvidersConfig,
  ) {
    this.metadataCache = new MetadataCache(http, limits.SOURCE_METADATA_S);
    this.clients = new ClientConfigurations(http);
  }

  /** Returns the authorization URL, and the secrets to keep until the callback. Throws `LoginRefusedError`. */
  async begin(source: OauthSource, start: OauthLoginStart, signal: AbortSignal) {
    try {
      const provider = await this.loadProvider(source, signal);
      const kept = {
        ...(provider.openId && !provider.type.startedByScript && { nonce: client.randomNonce() }),
        ...(provider.pkce && { verifier: client.randomPKCECodeVerifier() }),
      };
      return { to: await this.authorizationUrl(source, provider, { ...start, ...kept }), kept };
    } catch (error) {
      throw toLoginRefusal(error, source.name);
    }
  }

  /** Verifies the callback. Returns the identity of the user. Throws `LoginRefusedError`. */
  async complete(source: OauthSource, callback: OauthCallback, signal: AbortSignal): Promise<SourceIdentity> {
    try {
      const provider = await this.loadProvider(source, signal);
      const config = await this.clients.forSource(source, provider, signal);
      const profile = await this.exchangeCode({ config, provider, source }, callback);
      return this.identityOf(profile, source, provider);
    } catch (error) {
      throw toLoginRefusal(error, source.name);
    }
  }

  private async loadProvider(source: OauthSource, signal: AbortSignal): Promise<Provider> {
    return assertTls(await providerOf(source, this.metadataCache, signal), this.http);
  }

  private async authorizationUrl(
    source: OauthSource,
    { metadata, type }: Provider,
    login: OauthLoginStart & z.output<typeof oauthLoginState>,
  ) {
    const { redirect_uri, state, nonce, verifier } = login;
    return client.buildAuthorizationUrl(this.clients.unauthenticated(source, metadata), {
      ...type.parameters,
      ...{ redirect_uri, state, scope: scopesOf(type, source) },
      ...(nonce && { nonce }),
      ...(verifier && {
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    }).href;
  }

  private async exchangeCode(request: ProfileRequest, callback: OauthCallback): Promise<ProviderProfile> {
    const { config, provider, source } = request;
    const { nonce, verifier } = oauthLoginState.parse(callback.kept);
    const tokens = await client.authorizationCodeGrant(config, callbackUrl(callback, provider), {
      expectedState: callback.state,
      idTokenExpected: provider.openId,
      ...(nonce && { expectedNonce: nonce }),
      ...(verifier && { pkceCodeVerifier: verifier }),
    });
    this.clients.cacheKeys(config, source);
    return fetchProfile(request, tokens, callback.answer);
  }

  private identityOf(profile: ProviderProfile, source: OauthSource, { type, metadata }: Provider): SourceIdentity {
    if (Buffer.byteLength(JSON.stringify(profile)) > this.limits.SOURCE_PROFILE_BYTES)
      throw new InvalidProofError(source.name, 'the profile is larger than SOURCE_PROFILE_BYTES');
    const claims = type.readProfile(profile);
    const isMultiTenant = type.multiTenant?.test(metadata.authorization_endpoint) === true;
    const identity = toSourceIdentity(isMultiTenant ? { ...claims, email_verified: false } : claims, profile);
    if (!identity) throw new InvalidProofError(source.name, 'the profile has no valid identifier');
    return identity;
  }
}

/** Returns the callback URL with its standard parameters, but without `iss` when the provider's issuer is unknown. */
function callbackUrl({ redirect_uri, answer }: OauthCallback, { hasKnownIssuer }: Provider): URL {
  const url = new URL(redirect_uri);
  for (const name of RESPONSE_PARAMETERS)
    if (answer[name] !== undefined && (name !== 'iss' || hasKnownIssuer)) url.searchParams.set(name, answer[name]);
  return url;
}
