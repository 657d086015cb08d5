import { z } from 'zod';
import type { ProviderHttpClient } from '../provider-http-client.js';

const httpUrl = z.url({ protocol: /^https?$/ });

/** Provider metadata (OpenID Connect Discovery 1.0, 3). Other members are passed to `openid-client` unchanged. */
const providerMetadata = z.looseObject({
  issuer: httpUrl,
  authorization_endpoint: httpUrl,
  token_endpoint: httpUrl,
  jwks_uri: httpUrl,
  userinfo_endpoint: httpUrl.optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
export type ProviderMetadata = z.output<typeof providerMetadata>;

/** Thrown when the metadata or the settings of a provider are incomplete or invalid. */
export class InvalidMetadataError extends Error {}

const SUFFIX = '/.well-known/openid-configuration';
const OK = 200;

/** Fetches provider metadata, and caches it for `ttlS` seconds. */
export class MetadataCache {
  private readonly entries = new Map<string, { readonly metadata: ProviderMetadata; readonly until: number }>();
  private readonly running = new Map<string, Promise<ProviderMetadata>>();

  constructor(
    private readonly http: ProviderHttpClient,
    private readonly ttlS: number,
  ) {}

  /**
   * Returns the metadata at a URL. Concurrent calls for one URL share one request. Throws `InvalidMetadataError`, and
   * the errors of `ProviderHttpClient`.
   */
  async get(wellKnownUrl: string, signal: AbortSignal): Promise<ProviderMetadata> {
    const cached = this.entries.get(wellKnownUrl);
    if (cached && cached.until > performance.now()) return cached.metadata;
    const running = this.running.get(wellKnownUrl);
    if (running) return running;
    const fetching = this.fetch(wellKnownUrl, signal).finally(() => this.running.delete(wellKnownUrl));
    this.running.set(wellKnownUrl, fetching);
    return fetching;
  }

  private async fetch(wellKnownUrl: string, signal: AbortSignal): Promise<ProviderMetadata> {
    const { status, text } = await this.http.request(wellKnownUrl, { headers: { accept: 'application/json' }, signal });
    if (status !== OK) throw new InvalidMetadataError(`${wellKnownUrl} responded with status ${status}`);
    const metadata = parseMetadata(text, wellKnownUrl);
    this.entries.set(wellKnownUrl, { metadata, until: performance.now() + this.ttlS * 1000 });
    return metadata;
  }
}

function parseMetadata(text: string, wellKnownUrl: string): ProviderMetadata {
  const parsed = providerMetadata.safeParse(parseJson(text));
  if (!parsed.success) {
    const members = parsed.error.issues.map(({ path }) => path.join('.') || 'not a JSON object');
    throw new InvalidMetadataError(`${wellKnownUrl} has missing or invalid members: ${members.join(', ')}`);
  }
  const { issuer } = parsed.data;
  // The issuer must match the URL of its metadata (Discovery 1.0, 4.3), with or without a trailing slash.
  if (withoutTrailingSlash(issuer) + SUFFIX !== wellKnownUrl)
    throw new InvalidMetadataError(`${wellKnownUrl} names another issuer, ${issuer}`);
  return parsed.data;
}

const withoutTrailingSlash = (text: string) => text.replace(/\/$/, '');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
