import { blueprint, flowEntries, IDENTIFICATION, LOGIN, LOGOUT, PASSWORD, userEntry } from './blueprints.js';
import { Deployment } from './deployment.js';
import { RoamingBrowser } from './roaming-browser.js';

const SECRET = 'secret-of-the-bridge'; // not-a-secret

/**
 * Opens a gateway with users, flows and the clients of the examples, for a bridge at `publicUrl`. A bridge is an
 * example service that lets another authorization server, such as Ory Hydra, log its users in through Gatehouse.
 */
export async function openForBridge(publicUrl: string): Promise<Deployment> {
  const deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...['alice', 'bob'].map((name) => userEntry(name)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('logout', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
    environment: { BRIDGE_URL: publicUrl, BRIDGE_SECRET: SECRET },
  });
  await deployment.applyFiles('examples/gatehouse-client/blueprint.yaml');
  return deployment;
}

/**
 * Returns the environment variables of a bridge (an example service between another authorization server and
 * Gatehouse).
 */
export const bridgeSettings = ({ url }: Pick<Deployment, 'url'>, publicUrl: string) => ({
  ...{ PUBLIC_URL: publicUrl, PORT: new URL(publicUrl).port },
  ...{ SCOPE_TEXTS: JSON.stringify({ photos: 'See your photos' }) },
  ...{ LOGIN_ISSUER: `${url}/application/o/bridge-login/`, LOGIN_CLIENT_ID: 'bridge-login' },
  ...{ CONSENT_ISSUER: `${url}/application/o/bridge-consent/`, CONSENT_CLIENT_ID: 'bridge-consent' },
  ...{ LOGIN_CLIENT_SECRET: SECRET, CONSENT_CLIENT_SECRET: SECRET },
});

/**
 * A visitor who logs in at another authorization server through a bridge, and answers the flows of the gateway on the
 * way.
 */
export class BridgeVisitor extends RoamingBrowser {
  constructor(private readonly gateway: string) {
    super();
  }

  /** Answers the challenge of a flow. Without an answer, requests the challenge. Returns the JSON of the response. */
  async execute(slug: string, answer?: unknown, query = ''): Promise<Readonly<Record<string, unknown>>> {
    const url = `${this.gateway}/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(query)}`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
    const { text } = await this.fetch(url, answer === undefined ? {} : init);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Logs in at the page of the login flow. Returns the address to which the flow leads. */
  async logIn(page: string, name: string): Promise<string> {
    const { pathname, search } = new URL(page);
    if (pathname !== '/if/flow/login/') throw new Error(`not a login: ${page}`);
    await this.execute('login', undefined, search.slice(1));
    await this.execute('login', { uid_field: name });
    const { to } = await this.execute('login', { password: 'correct-horse-7' });
    return new URL(String(to), this.gateway).href;
  }

  /** Requests the consent challenge. Throws unless `page` is the page of the consent flow. */
  showConsent(page: string): Promise<Readonly<Record<string, unknown>>> {
    if (!page.startsWith(`${this.gateway}/if/flow/bridge-consent/`)) throw new Error(`not a consent: ${page}`);
    return this.execute('bridge-consent');
  }

  /** Gives the consent. Returns the address to which the flow sends the browser. */
  async consent(page: string): Promise<string> {
    const { token } = await this.showConsent(page);
    return String((await this.execute('bridge-consent', { token }))['to']);
  }

  /** Follows the link "No, cancel" of the page. Returns the address to which it redirects. */
  async cancel(): Promise<string> {
    const { headers } = await this.fetch(`${this.gateway}/flows/-/cancel/?stay=1`);
    return headers.get('location') ?? '';
  }
}
