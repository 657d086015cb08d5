import { type ChallengeTypes, ChallengeTypesFromJSON } from '@goauthentik/api';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface Settings {
  /** Of the outpost's own user. */
  readonly token: string;
  /** Whom it speaks for. */
  readonly remoteIp: string;
}

/** Rounds after which an outpost gives up. */
const MAX_ROUNDS = 10;
const SESSION = 'authentik_session';
/** Encoded by the outpost, and once more by its client. */
const QUERY = encodeURIComponent(new URLSearchParams({ 'goauthentik.io/outpost/ldap': 'true' }).toString());

/**
 * An LDAP outpost that logs somebody in by a flow, request by request as the reference's does
 * (docs/spec/clients.md#outposts).
 */
export class Outpost {
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly base: string,
    private readonly settings: Settings,
  ) {}

  /** What it hands on as the session of whoever it logged in. */
  get session(): string | undefined {
    return this.cookies.get(SESSION);
  }

  /** Whether the flow let somebody in; false for a plain refusal. Throws what an outpost calls an error. */
  async bind(slug: string, credentials: Credentials): Promise<boolean> {
    let challenge = await this.ask(slug);
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      refuseErrors(challenge);
      if (challenge.component === 'ak-stage-access-denied') return false;
      if (challenge.component === 'xak-flow-redirect') return true;
      challenge = await this.ask(slug, answerTo(challenge, credentials));
    }
    throw new Error('exceeded stage recursion depth');
  }

  /** Any address, with all that it sends along. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({
      accept: 'application/json',
      'user-agent': 'goauthentik.io/outpost/2024.8.2',
      'sentry-trace': '0-0-0',
      'x-authentik-outpost-token': this.settings.token,
      'x-authentik-remote-ip': this.settings.remoteIp,
      ...(this.cookies.size > 0 ? { cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') } : {}),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    });
    const response = await fetch(this.base + path, { ...init, headers, redirect: 'error' });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  private async ask(slug: string, answer?: object): Promise<ChallengeTypes> {
    const init = answer === undefined ? {} : { method: 'POST', body: JSON.stringify(answer) };
    const response = await this.fetch(`/api/v3/flows/executor/${slug}/?query=${QUERY}`, init);
    if (!response.ok) throw new Error(`failed to submit challenge: ${response.status}`);
    return ChallengeTypesFromJSON(await response.json());
  }

  /** It comes by plain http, where its jar keeps what is for TLS only to itself. */
  private keep(line: string) {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (!attributes.includes('Secure')) this.cookies.set(name, value);
  }
}

function refuseErrors({ responseErrors = {} }: { responseErrors?: Record<string, { string: string }[]> }) {
  for (const [field, [error]] of Object.entries(responseErrors)) {
    throw new Error(`flow error ${field}: ${error?.string}`);
  }
}

function answerTo({ component }: ChallengeTypes, { username, password }: Credentials): object {
  switch (component) {
    case 'ak-stage-identification':
      return { component, uid_field: username, password };
    case 'ak-stage-password':
      return { component, password };
    case 'ak-stage-user-login':
      return { component, remember_me: true };
    default:
      throw new Error(`unsupported challenge type ${component}`);
  }
}
