import {
  OAUTH_SOURCE,
  type SourceBeginReply,
  type SourceBeginRequest,
  type SourceCompleteReply,
  type SourceCompleteRequest,
} from '@gatehouse/contracts';
import { LoginRefusedError, MisconfiguredSourceError } from './login-errors.js';
import { OauthLogin } from './oauth/oauth-login.js';
import { PlexLogin } from './plex/plex-login.js';
import { ProviderHttpClient } from './provider-http-client.js';
import type { ProvidersConfig } from './providers.config.js';
import type { SourceIdentity } from './source.js';

/** Notes why somebody was not let in. */
export type Report = (slug: string, why: string) => void;

/** Logins elsewhere, at whatever a source names. What fails is a refusal; what is a fault throws. */
export class ProviderLoginService {
  private readonly oauth: OauthLogin;
  private readonly plex: PlexLogin;

  constructor(
    config: ProvidersConfig,
    private readonly report: Report,
  ) {
    const web = new ProviderHttpClient(config);
    this.oauth = new OauthLogin(web, config);
    this.plex = new PlexLogin(web, config.PLEX_URL);
  }

  begin({ source, redirect_uri, state, timeout_ms }: SourceBeginRequest): Promise<SourceBeginReply> {
    return this.judged(source.slug, () => {
      if (source.model !== OAUTH_SOURCE)
        throw new MisconfiguredSourceError(source.name, 'Plex is begun by its own script');
      return this.oauth.begin(source, { redirect_uri, state }, within(timeout_ms));
    });
  }

  complete(request: SourceCompleteRequest): Promise<SourceCompleteReply> {
    return this.judged(request.source.slug, async () => ({ identity: await this.identityIn(request) }));
  }

  private identityIn({ source, proof, timeout_ms }: SourceCompleteRequest): Promise<SourceIdentity> {
    if (source.model === OAUTH_SOURCE && 'answer' in proof)
      return this.oauth.complete(source, proof, within(timeout_ms));
    if (source.model !== OAUTH_SOURCE && 'plex_token' in proof)
      return this.plex.complete(source, proof.plex_token, within(timeout_ms));
    throw new MisconfiguredSourceError(source.name, 'what came back is of another kind of source');
  }

  private async judged<T>(slug: string, work: () => Promise<T>): Promise<T | { refused: LoginRefusedError['said'] }> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error;
      this.report(slug, error.message);
      return { refused: error.said };
    }
  }
}

const within = (ms: number) => AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
