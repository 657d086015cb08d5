import * as client from 'openid-client';
import { z } from 'zod';
import { type ProviderProfile, toSourceIdentity } from '../identity.js';
import { InvalidProofError } from '../login-errors.js';
import type { ProviderHttpClient } from '../provider-http-client.js';
import type { ProvidersConfig } from '../providers.config.js';
import type { OauthSource, SourceIdentity } from '../source.js';
import { ClientConfigurations } from './client-configurations.js';
import { MetadataCache } from './metadata-cache.js';
import { toLoginRefusal } from './oauth-errors.js';
import { fetchProfile, type ProfileRequest } from './oauth-profile.js';
import { assertTls, type Provider, providerOf } from './provider.js';
import { scopesOf } from './provider-type.js';

/** What a login begins with. */
export interface OauthLoginStart {
  readonly redirect_uri: string;
  readonly state: string;
}

/** What it comes back with. */
export interface OauthCallback extends OauthLoginStart {
  readonly kept: Readonly<Record<string, unknown>>;
  readonly answer: Readonly<Record<string, string>>;
}

/** What is kept between the two. */
const oauthLoginState = z.object({ nonce: z.string().optional(), verifier: z.string().optional() });

/** Of an answer, what the standards put there (RFC 6749, 4.1.2; RFC 9207). */
const STANDARD = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'];

/** Logins by OAuth 2 and OpenID Connect: the code flow, with PKCE and a nonce wherever the provider lets them. */
export class OauthLogin {
  private readonly published: MetadataCache;
  private readonly clients: ClientConfigurations;

  constructor(
    private readonly web: ProviderHttpClient,
    private readonly limits: ProvidersConfig,
  ) {
    this.published = new MetadataCache(web, limits.SOURCE_METADATA_S);
    this.clients = new ClientConfigurations(web);
  }

  /** Where to send a browser, and what to keep. Throws Refusal. */
  async begin(source: OauthSource, begin: OauthLoginStart, signal: AbortSignal) {
    try {
      const provider = await this.providerOf(source, signal);
      const kept = {
        ...(provider.openId && !provider.type.scripted && { nonce: client.randomNonce() }),
        ...(provider.pkce && { verifier: client.randomPKCECodeVerifier() }),
      };
      return { to: await this.addressOf(source, provider, { ...begin, ...kept }), kept };
    } catch (error) {
      throw toLoginRefusal(error, source.name);
    }
  }

  /** Who has come back. Throws Refusal. */
  async complete(source: OauthSource, back: OauthCallback, signal: AbortSignal): Promise<SourceIdentity> {
    try {
      const provider = await this.providerOf(source, signal);
      const config = await this.clients.of(source, provider, signal);
      const profile = await this.profileOf({ config, provider, source }, back);
      return this.identityIn(profile, source, provider);
    } catch (error) {
      throw toLoginRefusal(error, source.name);
    }
  }

  private async providerOf(source: OauthSource, signal: AbortSignal): Promise<Provider> {
    return assertTls(await providerOf(source, this.published, signal), this.web);
  }

  private async addressOf(
    source: OauthSource,
    { metadata, type }: Provider,
    begun: OauthLoginStart & z.output<typeof oauthLoginState>,
  ) {
    const { redirect_uri, state, nonce, verifier } = begun;
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

  private async profileOf(asked: ProfileRequest, back: OauthCallback): Promise<ProviderProfile> {
    const { config, provider } = asked;
    const { nonce, verifier } = oauthLoginState.parse(back.kept);
    const tokens = await client.authorizationCodeGrant(config, callbackUrl(back, provider), {
      expectedState: back.state,
      idTokenExpected: provider.openId,
      ...(nonce && { expectedNonce: nonce }),
      ...(verifier && { pkceCodeVerifier: verifier }),
    });
    this.clients.keep(config);
    return fetchProfile(asked, tokens, back.answer);
  }

  private identityIn(profile: ProviderProfile, source: OauthSource, { type, metadata }: Provider): SourceIdentity {
    if (Buffer.byteLength(JSON.stringify(profile)) > this.limits.SOURCE_PROFILE_BYTES)
      throw new InvalidProofError(source.name, 'the profile is larger than SOURCE_PROFILE_BYTES');
    const claims = type.read(profile);
    const anybodys = type.anyTenant?.test(metadata.authorization_endpoint) === true;
    const identity = toSourceIdentity(anybodys ? { ...claims, email_verified: false } : claims, profile);
    if (!identity) throw new InvalidProofError(source.name, 'the profile does not say who it is');
    return identity;
  }
}

/** The answer, at the address that it was sent to. */
function callbackUrl({ redirect_uri, answer }: OauthCallback, { isNamed }: Provider): URL {
  const address = new URL(redirect_uri);
  for (const name of STANDARD)
    if (answer[name] !== undefined && (name !== 'iss' || isNamed)) address.searchParams.set(name, answer[name]);
  return address;
}
