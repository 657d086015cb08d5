import { type ChallengeTypes, ChallengeTypesFromJSON } from '@goauthentik/api';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface Settings {
  /** API token of the outpost's user. */
  readonly token: string;
  /** Address of the client that the outpost logs in. */
  readonly remoteIp: string;
}

/** Number of challenges after which an outpost gives up. */
const MAX_ROUNDS = 10;
const SESSION = 'authentik_session';
/** The `query` parameter. The outpost encodes it once, and its HTTP client encodes it again. */
const QUERY = encodeURIComponent(new URLSearchParams({ 'goauthentik.io/outpost/ldap': 'true' }).toString());

/** An LDAP outpost that logs users in through a flow, with authentik's requests (docs/spec/clients.md#outposts). */
export class Outpost {
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly base: string,
    private readonly settings: Settings,
  ) {}

  /** The session key of the user who is logged in. */
  get session(): string | undefined {
    return this.cookies.get(SESSION);
  }

  /** Returns whether the flow logged the user in. Throws where authentik's outpost reports an error. */
  async bind(slug: string, credentials: Credentials): Promise<boolean> {
    let challenge = await this.ask(slug);
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      throwResponseErrors(challenge);
      if (challenge.component === 'ak-stage-access-denied') return false;
      if (challenge.component === 'xak-flow-redirect') return true;
      challenge = await this.ask(slug, responseTo(challenge, credentials));
    }
    throw new Error('exceeded stage recursion depth');
  }

  /** Requests a path with all headers of an outpost. */
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
    for (const line of response.headers.getSetCookie()) this.store(line);
    return response;
  }

  private async ask(slug: string, answer?: object): Promise<ChallengeTypes> {
    const init = answer === undefined ? {} : { method: 'POST', body: JSON.stringify(answer) };
    const response = await this.fetch(`/api/v3/flows/executor/${slug}/?query=${QUERY}`, init);
    if (!response.ok) throw new Error(`failed to submit challenge: ${response.status}`);
    return ChallengeTypesFromJSON(await response.json());
  }

  /** Stores a cookie, unless it is `Secure`: the outpost connects without TLS. */
  private store(line: string) {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (!attributes.includes('Secure')) this.cookies.set(name, value);
  }
}

function throwResponseErrors({ responseErrors = {} }: { responseErrors?: Record<string, { string: string }[]> }) {
  for (const [field, [error]] of Object.entries(responseErrors)) {
    throw new Error(`flow error ${field}: ${error?.string}`);
  }
}

function responseTo({ component }: ChallengeTypes, { username, password }: Credentials): object {
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
