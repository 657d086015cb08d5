import * as client from 'openid-client';
import { z } from 'zod';
import { identityOf, type Profile } from '../identity.js';
import type { ProviderWeb } from '../provider-web.js';
import type { ProvidersConfig } from '../providers.config.js';
import { Unproven } from '../refusal.js';
import type { OauthSource, SourceIdentity } from '../source.js';
import { PublishedMetadata } from './metadata.js';
import { OauthClients } from './oauth-clients.js';
import { type Profiles, profileIn } from './oauth-profile.js';
import { refusalOf } from './oauth-refusal.js';
import { admitted, type Provider, providerOf } from './provider.js';
import { scopesOf } from './provider-type.js';

/** What a login begins with. */
export interface Begin {
  readonly redirect_uri: string;
  readonly state: string;
}

/** What it comes back with. */
export interface Return extends Begin {
  readonly kept: Readonly<Record<string, unknown>>;
  readonly answer: Readonly<Record<string, string>>;
}

/** What is kept between the two. */
const keptBetween = z.object({ nonce: z.string().optional(), verifier: z.string().optional() });

/** Of an answer, what the standards put there (RFC 6749, 4.1.2; RFC 9207). */
const STANDARD = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'];

/** Logins by OAuth 2 and OpenID Connect: the code flow, with PKCE and a nonce wherever the provider lets them. */
export class OauthLogins {
  private readonly published: PublishedMetadata;
  private readonly clients: OauthClients;

  constructor(
    private readonly web: ProviderWeb,
    private readonly limits: ProvidersConfig,
  ) {
    this.published = new PublishedMetadata(web, limits.SOURCE_METADATA_S);
    this.clients = new OauthClients(web);
  }

  /** Where to send a browser, and what to keep. Throws Refusal. */
  async begin(source: OauthSource, begin: Begin, signal: AbortSignal) {
    try {
      const provider = await this.providerOf(source, signal);
      const kept = {
        ...(provider.openId && !provider.type.scripted && { nonce: client.randomNonce() }),
        ...(provider.pkce && { verifier: client.randomPKCECodeVerifier() }),
      };
      return { to: await this.addressOf(source, provider, { ...begin, ...kept }), kept };
    } catch (error) {
      throw refusalOf(error, source.name);
    }
  }

  /** Who has come back. Throws Refusal. */
  async complete(source: OauthSource, back: Return, signal: AbortSignal): Promise<SourceIdentity> {
    try {
      const provider = await this.providerOf(source, signal);
      const config = await this.clients.of(source, provider, signal);
      const profile = await this.profileOf({ config, provider, source }, back);
      return this.identityIn(profile, source, provider);
    } catch (error) {
      throw refusalOf(error, source.name);
    }
  }

  private async providerOf(source: OauthSource, signal: AbortSignal): Promise<Provider> {
    return admitted(await providerOf(source, this.published, signal), this.web);
  }

  private async addressOf(
    source: OauthSource,
    { metadata, type }: Provider,
    begun: Begin & z.output<typeof keptBetween>,
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

  private async profileOf(asked: Profiles, back: Return): Promise<Profile> {
    const { config, provider } = asked;
    const { nonce, verifier } = keptBetween.parse(back.kept);
    const tokens = await client.authorizationCodeGrant(config, addressIn(back, provider), {
      expectedState: back.state,
      idTokenExpected: provider.openId,
      ...(nonce && { expectedNonce: nonce }),
      ...(verifier && { pkceCodeVerifier: verifier }),
    });
    this.clients.keep(config);
    return profileIn(asked, tokens, back.answer);
  }

  private identityIn(profile: Profile, source: OauthSource, { type, metadata }: Provider): SourceIdentity {
    if (Buffer.byteLength(JSON.stringify(profile)) > this.limits.SOURCE_PROFILE_BYTES)
      throw new Unproven(source.name, 'the profile is larger than SOURCE_PROFILE_BYTES');
    const claims = type.read(profile);
    const anybodys = type.anyTenant?.test(metadata.authorization_endpoint) === true;
    const identity = identityOf(anybodys ? { ...claims, email_verified: false } : claims, profile);
    if (!identity) throw new Unproven(source.name, 'the profile does not say who it is');
    return identity;
  }
}

/** The answer, at the address that it was sent to. */
function addressIn({ redirect_uri, answer }: Return, { isNamed }: Provider): URL {
  const address = new URL(redirect_uri);
  for (const name of STANDARD)
    if (answer[name] !== undefined && (name !== 'iss' || isNamed)) address.searchParams.set(name, answer[name]);
  return address;
}
