import { z } from 'zod';
import type { ProviderHttpClient } from '../provider-http-client.js';

const address = z.url({ protocol: /^https?$/ });

/** What a provider publishes of itself (OpenID Connect Discovery 1.0, 3); the rest of it is handed on as it is. */
const published = z.looseObject({
  issuer: address,
  authorization_endpoint: address,
  token_endpoint: address,
  jwks_uri: address,
  userinfo_endpoint: address.optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
export type Metadata = z.output<typeof published>;

/** What a provider publishes is not what it would have to be. */
export class InvalidMetadataError extends Error {}

const SUFFIX = '/.well-known/openid-configuration';
const OK = 200;

/** What providers publish, kept for a while. */
export class MetadataCache {
  private readonly kept = new Map<string, { readonly metadata: Metadata; readonly until: number }>();

  constructor(
    private readonly web: ProviderHttpClient,
    private readonly keptForS: number,
  ) {}

  /** Throws Unusable, and what asking throws. */
  async at(wellKnown: string, signal: AbortSignal): Promise<Metadata> {
    const known = this.kept.get(wellKnown);
    if (known && known.until > performance.now()) return known.metadata;
    const { status, text } = await this.web.ask(wellKnown, { headers: { accept: 'application/json' }, signal });
    if (status !== OK) throw new InvalidMetadataError(`${wellKnown} answers ${status}`);
    const metadata = metadataIn(text, wellKnown);
    this.kept.set(wellKnown, { metadata, until: performance.now() + this.keptForS * 1000 });
    return metadata;
  }
}

function metadataIn(text: string, wellKnown: string): Metadata {
  const parsed = published.safeParse(jsonIn(text));
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join('.') || 'no JSON object');
    throw new InvalidMetadataError(`${wellKnown} publishes nothing that could be used: ${names.join(', ')}`);
  }
  const { issuer } = parsed.data;
  // Whoever publishes a name must live where the name says: exact but for a slash at the end, which both forms share.
  if (withoutSlash(issuer) + SUFFIX !== wellKnown)
    throw new InvalidMetadataError(`${wellKnown} speaks for another issuer, ${issuer}`);
  return parsed.data;
}

const withoutSlash = (text: string) => text.replace(/\/$/, '');

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
