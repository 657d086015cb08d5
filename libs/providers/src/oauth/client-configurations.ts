import * as client from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';
import type { OauthSource } from '../source.js';
import { parseAppleKeyId, signAppleSecret } from './apple-secret.js';
import { InvalidMetadataError } from './metadata-cache.js';
import type { Provider } from './provider.js';
import { providerFetch } from './provider-fetch.js';

/** What this house is to providers: an application with an id and a secret, which checks what they sign. */
export class ClientConfigurations {
  /** Keys that providers sign with, by the address that they were found at. */
  private readonly keys = new Map<string, client.ExportedJWKSCache>();

  constructor(private readonly web: ProviderHttpClient) {}

  /** One that only makes addresses. */
  unauthenticated(source: OauthSource, metadata: client.ServerMetadata): client.Configuration {
    const config = new client.Configuration(metadata, clientIdOf(source));
    client.allowInsecureRequests(config);
    return config;
  }

  /** One that exchanges codes. Throws Unusable where the secret is none. */
  async of(source: OauthSource, provider: Provider, signal: AbortSignal): Promise<client.Configuration> {
    const { metadata, openId, basic } = provider;
    const secret = await secretOf(source, metadata.issuer);
    const auth = basic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
    const config = new client.Configuration(metadata, clientIdOf(source), undefined, auth);
    // Which addresses may do without TLS is decided where they are asked.
    client.allowInsecureRequests(config);
    client.enableNonRepudiationChecks(config);
    config[client.customFetch] = providerFetch({ web: this.web, tokens: metadata.token_endpoint, openId, signal });
    const keys = keysIn(source) ?? this.keys.get(metadata.jwks_uri ?? '');
    if (keys) client.setJwksCache(config, keys);
    return config;
  }

  /** Keeps the keys that were found, for the next. */
  keep(config: client.Configuration): void {
    const [{ jwks_uri: address }, keys] = [config.serverMetadata(), client.getJwksCache(config)];
    if (address && keys) this.keys.set(address, keys);
  }
}

const clientIdOf = ({ provider_type, consumer_key }: OauthSource) =>
  provider_type === 'apple' ? parseAppleKeyId(consumer_key).clientId : consumer_key;

async function secretOf({ provider_type, consumer_key, consumer_secret }: OauthSource, audience: string) {
  if (provider_type !== 'apple') return consumer_secret;
  const { clientId, team, keyId } = parseAppleKeyId(consumer_key);
  if (!team || !keyId) throw new InvalidMetadataError('the consumer_key of Apple is services_id;team_id;key_id');
  return signAppleSecret({ clientId, team, keyId, pem: consumer_secret }, audience).catch(() => {
    throw new InvalidMetadataError('the consumer_secret of Apple is a private key of P-256, as PEM');
  });
}

/** Keys that the source itself says: no others are good then. */
function keysIn({ oidc_jwks: jwks }: OauthSource): client.ExportedJWKSCache | undefined {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) return undefined;
  return { jwks: { keys: keys as client.JWK[] }, uat: Math.floor(Date.now() / 1000) };
}
