import { randomUUID } from 'node:crypto';
import { OAUTH_SOURCE, PLEX_SOURCE, publishedSource } from '@gatehouse/contracts';
import { ProviderLoginService } from '../src/provider-login.service.js';
import { type ProvidersConfig, providersConfig } from '../src/providers.config.js';

const STATE = 'a-state-that-nobody-could-ever-guess-1234';
const REDIRECT_URI = 'https://id.example.org/source/oauth/callback/there/';

const published = (given: object) =>
  publishedSource.parse({
    ...{ uuid: randomUUID(), name: 'There', slug: 'there', enabled: true },
    ...{ authentication_flow: null, enrollment_flow: null },
    ...given,
  });

/** A source that speaks OAuth, as it is published. */
export const oauthSource = (given: object) =>
  published({
    ...{ model: OAUTH_SOURCE, provider_type: 'openidconnect', consumer_key: 'gatehouse', consumer_secret: 'hush hush' },
    ...given,
  });

/** Plex as a source, as it is published. */
export const plexSource = (given: object) =>
  published({ model: PLEX_SOURCE, plex_token: 'owner', client_id: 'house', ...given });

type Source = ReturnType<typeof published>;

/** Logins at providers on this machine, as the gateway asks for them. */
export class LoginHarness {
  readonly reports: string[] = [];
  readonly logins: ProviderLoginService;

  /** `timeoutMs`: how long the visitor waits for what comes back. */
  constructor(
    limits: Partial<Record<keyof ProvidersConfig, unknown>> = {},
    private readonly timeoutMs = 10_000,
  ) {
    const config = providersConfig.parse({ SOURCE_HOSTS: '127.0.0.1', ...limits });
    this.logins = new ProviderLoginService(config, (_slug, why) => this.reports.push(why));
  }

  begin(source: Source, state = STATE) {
    return this.logins.begin({ v: 1, timeout_ms: 10_000, source, redirect_uri: REDIRECT_URI, state });
  }

  /** Begins where it must not fail. */
  async begun(source: Source, state = STATE) {
    const begun = await this.begin(source, state);
    if ('refused' in begun) throw new Error(`refused: ${this.reports.join()}`);
    return begun;
  }

  complete(source: Source, kept: object, answer: Record<string, string>) {
    const proof = { redirect_uri: REDIRECT_URI, state: STATE, kept: { ...kept }, answer };
    return this.logins.complete({ v: 1, timeout_ms: this.timeoutMs, source, proof });
  }

  plex(source: Source, plex_token: string) {
    return this.logins.complete({ v: 1, timeout_ms: 10_000, source, proof: { plex_token } });
  }
}
