import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, LOGOUT, PASSWORD, userEntry } from './blueprints.js';
import { Deployment } from './deployment.js';
import { DocumentedCommands } from './documented-commands.js';
import { PageShell } from './page-shell.js';
import { type RunningProcess, startProcess } from './processes.js';
import { RoamingBrowser } from './roaming-browser.js';

/** The secret of the clients of a bridge. */
export const BRIDGE_SECRET = 'secret-of-the-bridge'; // not-a-secret

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
    environment: { BRIDGE_URL: publicUrl, BRIDGE_SECRET },
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
  ...{ LOGIN_CLIENT_SECRET: BRIDGE_SECRET, CONSENT_CLIENT_SECRET: BRIDGE_SECRET },
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

  /** Logs in at the page of the login flow. Returns the address to which the flow redirects. */
  async logIn(page: string, name: string): Promise<string> {
    const { pathname, search } = new URL(page);
    if (pathname !== '/if/flow/login/') throw new Error(`expected the page of the flow login, got ${page}`);
    await this.execute('login', undefined, search.slice(1));
    await this.execute('login', { uid_field: name });
    const { to } = await this.execute('login', { password: 'correct-horse-7' });
    return new URL(String(to), this.gateway).href;
  }

  /** Requests the consent challenge. Throws unless `page` is the page of the consent flow. */
  showConsent(page: string): Promise<Readonly<Record<string, unknown>>> {
    if (!page.startsWith(`${this.gateway}/if/flow/bridge-consent/`))
      throw new Error(`expected a consent page, got ${page}`);
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

interface BridgeSetup {
  /** Texts of the page that a test changes, with their replacements. */
  readonly replacements: Readonly<Record<string, string>>;
  /** Further settings of the bridge. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Sets up a bridge with the commands of its page, and starts it with the last block of the section. */
export async function startDocumentedBridge(
  deployment: Deployment,
  path: string,
  { replacements, settings }: BridgeSetup,
): Promise<RunningProcess> {
  const blocks = DocumentedCommands.of(path).all('sh', 'Set it up');
  for (const text of Object.keys(replacements))
    if (!blocks.some((block) => block.includes(text)))
      throw new Error(`${path} does not contain the text to replace: ${text}`);
  const adapted = blocks.map((block) =>
    Object.entries(replacements).reduce((text, [from, to]) => text.replaceAll(from, to), block),
  );
  const shell = await PageShell.open((name, args, input) => deployment.operate(name, args, input));
  try {
    await shell.runOk(`${adapted.slice(0, -1).join('')}env -0 > variables`);
    const variables = (await readFile(join(shell.folder, 'variables'), 'utf8')).split('\0').filter(Boolean);
    const env = Object.fromEntries(variables.map((line) => [line.split('=', 1)[0]!, line.replace(/^[^=]*=/, '')]));
    // The shell becomes the server, so that a signal reaches it.
    const start = adapted.at(-1)!.replace('PUBLIC_URL=', 'exec env PUBLIC_URL=');
    return await startProcess('-c', { ...env, ...settings }, { program: 'bash', args: [start], ready: /serving/ });
  } finally {
    await shell.close();
  }
}
