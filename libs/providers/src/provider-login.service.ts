import {
  OAUTH_SOURCE,
  type SourceBeginReply,
  type SourceBeginRequest,
  type SourceCompleteReply,
  type SourceCompleteRequest,
  type SourceKeysReply,
  type SourceKeysRequest,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { SourceIdentity } from './identity.js';
import { LoginRefusedError, MisconfiguredSourceError } from './login-errors.js';
import { OauthLogin } from './oauth/oauth-login.js';
import { parseJsonObject } from './oauth/provider-fetch.js';
import { PlexLogin } from './plex/plex-login.js';
import { AddressNotAllowedError, ProviderHttpClient, ProviderUnreachableError } from './provider-http-client.js';
import type { ProvidersConfig } from './providers.config.js';

/** Called with the slug of the source and the reason when a login was refused. */
export type ReportRefusal = (slug: string, reason: string) => void;

/**
 * Begins and completes logins at the provider of a source, and fetches public keys. Returns a refusal for an expected
 * failure, and throws for a fault.
 */
export class ProviderLoginService {
  private readonly http: ProviderHttpClient;
  private readonly oauth: OauthLogin;
  private readonly plex: PlexLogin;

  constructor(
    config: ProvidersConfig,
    private readonly report: ReportRefusal,
  ) {
    this.http = new ProviderHttpClient(config);
    this.oauth = new OauthLogin(this.http, config);
    this.plex = new PlexLogin(this.http, config.PLEX_URL);
  }

  /** Returns the URL for the browser, and the secrets to keep until the browser returns. */
  begin({ source, redirect_uri, state, timeout_ms }: SourceBeginRequest): Promise<SourceBeginReply> {
    return this.catchRefusal(source.slug, () => {
      if (source.model !== OAUTH_SOURCE)
        throw new MisconfiguredSourceError(source.name, 'only the script of the page can start a login at Plex');
      return this.oauth.begin(source, { redirect_uri, state }, timeoutSignal(timeout_ms));
    });
  }

  /** Returns the identity that the provider's response proves. */
  complete(request: SourceCompleteRequest): Promise<SourceCompleteReply> {
    return this.catchRefusal(request.source.slug, async () => ({ identity: await this.completeLogin(request) }));
  }

  /** Returns the public keys at an address, or why they are not available. */
  async fetchKeys({ url, timeout_ms }: SourceKeysRequest): Promise<SourceKeysReply> {
    try {
      const { status, text } = await this.http.request(url, { signal: timeoutSignal(timeout_ms) });
      const keys = z.array(z.record(z.string(), z.unknown())).safeParse(parseJsonObject(text)?.['keys']);
      return status === 200 && keys.success ? { keys: keys.data } : { unavailable: `${url} has no keys` };
    } catch (error) {
      if (error instanceof ProviderUnreachableError || error instanceof AddressNotAllowedError)
        return { unavailable: error.message };
      throw error;
    }
  }

  private completeLogin({ source, proof, timeout_ms }: SourceCompleteRequest): Promise<SourceIdentity> {
    if (source.model === OAUTH_SOURCE && 'answer' in proof)
      return this.oauth.complete(source, proof, timeoutSignal(timeout_ms));
    if (source.model !== OAUTH_SOURCE && 'plex_token' in proof)
      return this.plex.complete(source, proof.plex_token, timeoutSignal(timeout_ms));
    throw new MisconfiguredSourceError(source.name, 'the proof does not match the model of the source');
  }

  private async catchRefusal<T>(
    slug: string,
    work: () => Promise<T>,
  ): Promise<T | { refused: LoginRefusedError['visitorMessage'] }> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error;
      this.report(slug, error.message);
      return { refused: error.visitorMessage };
    }
  }
}

const timeoutSignal = (ms: number) => AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
