import { randomUUID } from 'node:crypto';
import { OAUTH_SOURCE, PLEX_SOURCE, publishedSource } from '@gatehouse/contracts';
import { ProviderLoginService } from '../src/provider-login.service.js';
import { type ProvidersConfig, providersConfig } from '../src/providers.config.js';

const STATE = 'a-state-that-nobody-could-ever-guess-1234';
const REDIRECT_URI = 'https://id.example.org/source/oauth/callback/there/';

const createSource = (fields: object) =>
  publishedSource.parse({
    ...{ uuid: randomUUID(), name: 'There', slug: 'there', enabled: true },
    ...{ authentication_flow: null, enrollment_flow: null },
    ...fields,
  });

/** Returns a published OAuth source. */
export const oauthSource = (fields: object) =>
  createSource({
    ...{ model: OAUTH_SOURCE, provider_type: 'openidconnect', consumer_key: 'gatehouse', consumer_secret: 'hush hush' },
    ...fields,
  });

/** Returns a published Plex source. */
export const plexSource = (fields: object) =>
  createSource({ model: PLEX_SOURCE, plex_token: 'owner', client_id: 'gatehouse', ...fields });

type Source = ReturnType<typeof createSource>;

/** Runs logins at fake providers on loopback, by the same requests that the gateway sends. */
export class LoginHarness {
  readonly reports: string[] = [];
  readonly logins: ProviderLoginService;

  /** `timeoutMs` is the deadline of the request that completes a login. */
  constructor(
    limits: Partial<Record<keyof ProvidersConfig, unknown>> = {},
    private readonly timeoutMs = 10_000,
  ) {
    const config = providersConfig.parse({ SOURCE_HOSTS: '127.0.0.1', ...limits });
    this.logins = new ProviderLoginService(config, (_slug, reason) => this.reports.push(reason));
  }

  begin(source: Source, state = STATE) {
    return this.logins.begin({ v: 1, timeout_ms: 10_000, source, redirect_uri: REDIRECT_URI, state });
  }

  /** Begins a login. Throws when it is refused. */
  async mustBegin(source: Source, state = STATE) {
    const result = await this.begin(source, state);
    if ('refused' in result) throw new Error(`refused: ${this.reports.join()}`);
    return result;
  }

  complete(source: Source, kept: object, answer: Record<string, string>) {
    const proof = { redirect_uri: REDIRECT_URI, state: STATE, kept: { ...kept }, answer };
    return this.logins.complete({ v: 1, timeout_ms: this.timeoutMs, source, proof });
  }

  plex(source: Source, plex_token: string) {
    return this.logins.complete({ v: 1, timeout_ms: 10_000, source, proof: { plex_token } });
  }
}
