import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Json = Readonly<Record<string, unknown>>;
type Kind = 'login' | 'consent' | 'logout';

/** The fields that Hydra documents for each answer. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'login/accept': [
    ...['subject', 'acr', 'amr', 'context', 'remember', 'remember_for', 'extend_session_lifespan'],
    ...['force_subject_identifier', 'identity_provider_session_id'],
  ],
  'consent/accept': ['grant_scope', 'grant_access_token_audience', 'remember', 'remember_for', 'session', 'context'],
  'logout/accept': [],
  reject: ['error', 'error_description', 'error_hint', 'error_debug', 'status_code'],
};

interface OpenRequest {
  readonly kind: Kind;
  readonly facts: Json;
  /** Returns the URL to which the browser goes after an answer. */
  readonly after: (verdict: string, answer: Json) => string;
  /** Set once the request is answered. */
  redirectTo?: string;
}

/**
 * A server on the loopback interface that speaks the admin protocol of Ory Hydra 2: requests for login, consent and
 * logout, each answered once. `authorize` begins an authorization as Hydra's public endpoint does. It remembers one login
 * and the consents of its clients, whichever browser asks.
 */
export class HydraServer {
  /** The accepted and rejected requests, in order. */
  readonly answers: { readonly path: string; readonly body: Json }[] = [];
  private readonly requests = new Map<string, OpenRequest>();
  private remembered: { readonly sid: string; readonly subject: string } | undefined;
  private readonly consented = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
    private readonly bridge: string,
  ) {}

  /** `bridge` is the URL of the service that answers the requests for login, consent and logout. */
  static async open(bridge: string): Promise<HydraServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const opened = new HydraServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, bridge);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void opened.handle(request, response));
    return opened;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Returns the address at which an application begins an authorization. The browser ends at `/done`. */
  authorize(parameters: Readonly<Record<string, string>> = {}): string {
    const query = { client_id: 'prints', scope: 'openid email photos', ...parameters };
    return `${this.url}/oauth2/auth?${new URLSearchParams(query).toString()}`;
  }

  /** Begins a logout. Returns the address for the browser. */
  beginLogout(): string {
    const facts = { subject: this.remembered?.subject ?? '', sid: this.remembered?.sid ?? '', rp_initiated: true };
    return this.begin('logout', facts, () => {
      this.remembered = undefined;
      return `${this.url}/logged-out`;
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const send = (status: number, body: Json) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/oauth2/auth') return void response.writeHead(302, { location: this.start(searchParams) }).end();
    if (pathname === '/done' || pathname === '/logged-out') return void send(200, {});
    const answer = this.admin(request.method ?? '', pathname, {
      query: searchParams,
      body: JSON.parse((await text(request)) || '{}') as Json,
    });
    if (answer === undefined) return void response.writeHead(204).end();
    send(...answer);
  }

  /** Begins an authorization as Hydra does. Returns the URL to which the browser goes. */
  private start(query: URLSearchParams): string {
    const request_url = `${this.url}/oauth2/auth?${query}`;
    const prompt = (query.get('prompt') ?? '').split(' ');
    const isSkipped = this.remembered !== undefined && !prompt.includes('login');
    if (prompt.includes('none') && !isSkipped) return `${this.url}/done?error=login_required`;
    const client = clientOf(query.get('client_id') ?? '');
    const facts = {
      ...{ client, request_url, skip: isSkipped, subject: isSkipped ? this.remembered!.subject : '' },
      ...{ session_id: this.remembered?.sid ?? randomUUID(), requested_scope: (query.get('scope') ?? '').split(' ') },
      ...{ requested_access_token_audience: [], oidc_context: {} },
    };
    return this.begin('login', facts, (verdict, answer) => {
      if (verdict === 'reject') return `${this.url}/done?error=${String(answer['error'])}`;
      if (answer['remember'] === true) this.remembered = { sid: facts.session_id, subject: String(answer['subject']) };
      return this.askConsent(facts, answer, prompt);
    });
  }

  private askConsent(login: Json & { readonly client: Json }, accepted: Json, prompt: readonly string[]): string {
    const key = `${String(accepted['subject'])} ${String(login.client['client_id'])}`;
    const skip = this.consented.has(key) || login.client['skip_consent'] === true;
    if (prompt.includes('none') && !skip) return `${this.url}/done?error=consent_required`;
    const { subject, acr, amr, context } = accepted;
    const facts = { ...login, subject, acr, amr, context, skip: skip && !prompt.includes('consent') };
    return this.begin('consent', facts, (verdict, answer) => {
      if (verdict === 'reject') return `${this.url}/done?error=${String(answer['error'])}`;
      if (answer['remember'] === true) this.consented.add(key);
      return `${this.url}/done?code=${randomUUID()}`;
    });
  }

  private begin(kind: Kind, facts: Json, after: OpenRequest['after']): string {
    const challenge = randomUUID();
    this.requests.set(challenge, { kind, facts: { challenge, ...facts }, after });
    return `${this.bridge}/${kind}?${kind}_challenge=${challenge}`;
  }

  private admin(
    method: string,
    pathname: string,
    { query, body }: { readonly query: URLSearchParams; readonly body: Json },
  ): [status: number, body: Json] | undefined {
    const [, part, kind = '', verdict] =
      /^\/admin\/oauth2\/auth\/(requests|sessions)\/(\w+)(?:\/(\w+))?$/.exec(pathname) ?? [];
    if (part === 'sessions' && method === 'DELETE') return this.forget(kind, query);
    const open = this.requests.get(query.get(`${kind}_challenge`) ?? '');
    if (part !== 'requests' || open?.kind !== kind) return [404, { error: 'not_found' }];
    if (method === 'PUT' && verdict) return this.answer(open, verdict, body);
    return open.redirectTo === undefined ? [200, open.facts] : [410, { redirect_to: open.redirectTo }];
  }

  private answer(open: OpenRequest, verdict: string, body: Json): [status: number, body: Json] {
    if (open.redirectTo !== undefined) return [409, { error: 'conflict' }];
    const allowed = FIELDS[`${open.kind}/${verdict}`] ?? FIELDS[verdict];
    if (!allowed || !Object.keys(body).every((field) => allowed.includes(field)))
      return [400, { error: 'invalid_request' }];
    this.answers.push({ path: `${open.kind}/${verdict}`, body });
    open.redirectTo = open.after(verdict, body);
    return [200, { redirect_to: open.redirectTo }];
  }

  private forget(kind: string, query: URLSearchParams): undefined {
    if (kind === 'login' && this.remembered?.sid === query.get('sid')) this.remembered = undefined;
    if (kind === 'consent') this.consented.delete(`${query.get('subject')} ${query.get('client')}`);
  }
}

const clientOf = (client_id: string) => ({
  ...{ client_id, client_name: client_id === 'prints' ? 'Photo prints' : '' },
  skip_consent: client_id === 'trusted',
});
