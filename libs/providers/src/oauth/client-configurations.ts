import * as client from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';
import { parseAppleKeyId, signAppleSecret } from './apple-secret.js';
import { InvalidMetadataError } from './metadata-cache.js';
import type { Provider } from './provider.js';
import { providerFetch } from './provider-fetch.js';
import type { OauthSource } from './provider-type.js';

/** Builds the configurations of `openid-client`, and caches the signing keys of providers. */
export class ClientConfigurations {
  /** Cached signing keys, by the URL of the key set. */
  private readonly keySets = new Map<string, client.ExportedJWKSCache>();

  constructor(private readonly http: ProviderHttpClient) {}

  /** Returns a configuration without a secret, which can only build authorization URLs. */
  unauthenticated(source: OauthSource, metadata: client.ServerMetadata): client.Configuration {
    const config = new client.Configuration(metadata, clientIdOf(source));
    client.allowInsecureRequests(config);
    return config;
  }

  /** Returns a configuration that can exchange codes. Throws `InvalidMetadataError` for an invalid Apple key. */
  async forSource(source: OauthSource, provider: Provider, signal: AbortSignal): Promise<client.Configuration> {
    const { metadata, openId, usesBasicAuth } = provider;
    const secret = await clientSecretOf(source, metadata.issuer);
    const auth = usesBasicAuth ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
    const config = new client.Configuration(metadata, clientIdOf(source), undefined, auth);
    // Turns off the TLS check of the library, because `ProviderHttpClient` checks which addresses may lack TLS.
    client.allowInsecureRequests(config);
    client.enableNonRepudiationChecks(config);
    config[client.customFetch] = providerFetch({
      http: this.http,
      tokenEndpoint: metadata.token_endpoint,
      openId,
      signal,
    });
    const keySet = configuredKeys(source) ?? this.keySets.get(metadata.jwks_uri ?? '');
    if (keySet) client.setJwksCache(config, keySet);
    return config;
  }

  /**
   * Caches the signing keys that a configuration has fetched from the provider, but not keys in the settings of a
   * source.
   */
  cacheKeys(config: client.Configuration, source: OauthSource): void {
    if (configuredKeys(source)) return;
    const [{ jwks_uri: url }, keySet] = [config.serverMetadata(), client.getJwksCache(config)];
    if (url && keySet) this.keySets.set(url, keySet);
  }
}

const clientIdOf = ({ provider_type, consumer_key }: OauthSource) =>
  provider_type === 'apple' ? parseAppleKeyId(consumer_key).clientId : consumer_key;

async function clientSecretOf({ provider_type, consumer_key, consumer_secret }: OauthSource, audience: string) {
  if (provider_type !== 'apple') return consumer_secret;
  const { clientId, team, keyId } = parseAppleKeyId(consumer_key);
  if (!team || !keyId)
    throw new InvalidMetadataError('the consumer_key of Apple must have the form services_id;team_id;key_id');
  return signAppleSecret({ clientId, team, keyId, pem: consumer_secret }, audience).catch(() => {
    throw new InvalidMetadataError('the consumer_secret of Apple must be a private key of P-256 as PEM');
  });
}

/**
 * Returns the signing keys in the setting `oidc_jwks`, which replace all published keys; `undefined` without the
 * setting. Ignores these keys if the source has `oidc_jwks_url`: sources from authentik have both, and the provider may
 * have replaced the keys.
 */
function configuredKeys({ oidc_jwks: jwks, oidc_jwks_url: url }: OauthSource): client.ExportedJWKSCache | undefined {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (url || !Array.isArray(keys) || keys.length === 0) return undefined;
  return { jwks: { keys: keys as client.JWK[] }, uat: Math.floor(Date.now() / 1000) };
}
