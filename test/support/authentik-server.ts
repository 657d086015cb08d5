import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const FLOW = 'default-authentication-flow';
const FLOW_INFO = { layout: 'stacked', title: 'Welcome to authentik!', cancel_url: '/flows/-/cancel/', background: '' };
const IDENTIFICATION = {
  ...{ component: 'ak-stage-identification', flow_info: FLOW_INFO, user_fields: ['username'] },
  ...{ password_fields: false, primary_action: 'Log in', sources: [], show_source_labels: false },
};
const PASSWORD = { component: 'ak-stage-password', flow_info: FLOW_INFO, pending_user: 'alice' };
const PASSWORD_OF_ALICE = 'correct-horse-7'; // not-a-secret

type Session = 'begun' | 'identified' | 'logged in';

/** Answers on this machine as the flow executor of authentik does, for one flow and the user alice. */
export class AuthentikServer {
  private readonly sessions = new Map<string, Session>();
  private readonly server = createServer((request, response) => void this.answer(request, response));

  static async open(): Promise<AuthentikServer> {
    const authentik = new AuthentikServer();
    authentik.server.listen(0, '127.0.0.1');
    await once(authentik.server, 'listening');
    return authentik;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    const id = this.sessionOf(request, response);
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type }).end(body);
    const json = (body: object, status = 200) => send(status, 'application/json', JSON.stringify(body));
    const body = await text(request);
    if (path === `/if/flow/${FLOW}/`) return void send(200, 'text/html', '<title>authentik</title>');
    if (path === '/api/v3/core/users/me/')
      return void (this.sessions.get(id) === 'logged in' ? json({ user: { username: 'alice' } }) : json({}, 403));
    if (path !== `/api/v3/flows/executor/${FLOW}/`) return void send(404, 'text/plain', 'Not found');
    if (request.method === 'POST') this.solve(id, JSON.parse(body) as Readonly<Record<string, unknown>>);
    json(this.challengeOf(id));
  }

  /** Returns the id of the visitor's session. An unknown cookie is replaced, as Django does. */
  private sessionOf({ headers }: IncomingMessage, response: ServerResponse): string {
    const [, known = ''] = /(?:^|; )authentik_session=([^;]*)/.exec(headers.cookie ?? '') ?? [];
    if (this.sessions.has(known)) return known;
    const id = randomUUID();
    this.sessions.set(id, 'begun');
    const cookies = [
      `authentik_session=${id}; HttpOnly; Path=/; Secure`,
      `authentik_csrf=${id.slice(24)}; Path=/; Secure`,
    ];
    response.setHeader('set-cookie', cookies);
    return id;
  }

  private solve(id: string, answer: Readonly<Record<string, unknown>>): void {
    const state = this.sessions.get(id);
    if (state === 'begun' && answer['uid_field'] === 'alice') this.sessions.set(id, 'identified');
    if (state === 'identified' && answer['password'] === PASSWORD_OF_ALICE) this.sessions.set(id, 'logged in');
  }

  private challengeOf(id: string): object {
    const state = this.sessions.get(id);
    if (state === 'logged in') return { component: 'xak-flow-redirect', to: '/if/user/' };
    return state === 'identified' ? PASSWORD : IDENTIFICATION;
  }
}
