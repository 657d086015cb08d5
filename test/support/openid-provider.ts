import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

interface Client {
  readonly [name: string]: unknown;
  readonly client_id: string;
  readonly client_secret: string;
  readonly redirect_uris: string[];
}

/** Lifetime in seconds of tokens and sessions of the provider, longer than any test. */
const LIFETIME = 600;

const SCOPES = 'openid email profile';

/** An OpenID Connect provider on the loopback interface. Every visitor is logged in as `person`. */
export class OpenIdProvider {
  /** Claims of the user who is logged in at the provider. */
  person: { readonly sub: string } & Readonly<Record<string, unknown>> = { sub: 'alice' };

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async open(...clients: Client[]): Promise<OpenIdProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const opened = new OpenIdProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: 'k', alg: 'RS256' };
    const provider = new Provider(opened.url, opened.settings(clients, key));
    const serve = provider.callback();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!request.url?.startsWith('/interaction/')) return void serve(request, response);
      const login = { accountId: opened.person.sub };
      return void provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    });
    return opened;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Follows redirects from `to` until `redirectUri`, and returns the query parameters of the last redirect. */
  async followTo(to: string, redirectUri: string): Promise<Record<string, string>> {
    const cookies = new Map<string, string>();
    for (let at = to; ; ) {
      if (at.startsWith(`${redirectUri}?`)) return Object.fromEntries(new URL(at).searchParams);
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
      for (const set of response.headers.getSetCookie()) {
        const [name = '', ...value] = set.split(';')[0]!.split('=');
        cookies.set(name, value.join('='));
      }
      const location = response.headers.get('location');
      if (!location) throw new Error(`${at} returned ${response.status} ${await response.text()}`);
      at = new URL(location, at).href;
    }
  }

  private settings(clients: Client[], key: object): Configuration {
    return {
      clients,
      jwks: { keys: [key] },
      cookies: { keys: ['a key for cookies of a test'] },
      claims: {
        openid: ['sub', 'groups'],
        email: ['email', 'email_verified'],
        profile: ['name', 'preferred_username'],
      },
      features: { devInteractions: { enabled: false } },
      ttl: { Interaction: LIFETIME, Grant: LIFETIME, Session: LIFETIME, AccessToken: LIFETIME, IdToken: LIFETIME },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      findAccount: (_context, accountId) => ({ accountId, claims: () => ({ ...this.person }) }),
      // Grants every scope without a consent page.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          ...{ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId! },
        });
        grant.addOIDCScope(SCOPES);
        await grant.save();
        return grant;
      },
    };
  }
}
