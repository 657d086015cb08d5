import { createHash, createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The only account of the server, for the Auth API and the Admin API. */
export const duoAccount = {
  host: 'api-loopback.duosecurity.com',
  integrationKey: 'DILOOPBACK',
  secretKey: 'loopback secret',
};

type Parameters = Record<string, string>;
type Fail = { readonly code: number; readonly message: string };

interface DuoServerUser {
  readonly id: string;
  readonly username: string;
  readonly activationCode: string;
  paired: boolean;
  /** The result that `preauth` returns for this user. */
  preauthResult: 'auth' | 'allow' | 'deny' | 'enroll';
  /** Whether a push needs a number. If it is null, Duo returns null as the number. */
  verified: boolean | null;
}
interface Transaction {
  readonly parameters: Parameters;
  result: string;
  reported: boolean;
}

const sha512 = (text: string) => createHash('sha512').update(text).digest('hex');
const fail = (code: number, message: string): Fail => ({ code, message });

/** The behaviour of an unavailable server: it never responds, responds with HTML, or responds with this status. */
export type DuoOutage = 'silent' | 'garbage' | 429 | 500;

/**
 * A fake Duo on loopback. Verifies signatures, and implements the Auth API version 2 and the users of the Admin API.
 */
export class DuoServer {
  readonly calls: { path: string; parameters: Parameters }[] = [];
  readonly users = new Map<string, DuoServerUser>();
  readonly transactions = new Map<string, Transaction>();
  outage: DuoOutage | undefined;
  /** The only path that an outage affects. If undefined, an outage affects all paths. */
  outagePath: string | undefined;
  passcode = '123456';
  readonly #waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<DuoServer> {
    const server = createServer((request, response) => void opened.serve(request, response));
    const opened = new DuoServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return opened;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Adds a user with a paired phone. */
  add(username: string, fields: Partial<DuoServerUser> = {}): DuoServerUser {
    const user: DuoServerUser = {
      id: `DU${this.users.size + 1}`,
      username,
      activationCode: '',
      paired: true,
      preauthResult: 'auth',
      verified: false,
      ...fields,
    };
    this.users.set(user.id, user);
    return user;
  }

  /** All pushes so far, the newest push last. */
  get pushes(): { txid: string; parameters: Parameters }[] {
    return [...this.transactions].map(([txid, { parameters }]) => ({ txid, parameters }));
  }

  /** Answers a push, by default the newest. */
  answerPush(result: string, txid = this.pushes.at(-1)!.txid): void {
    this.transactions.get(txid)!.result = result;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://duo');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const isOut = this.outagePath === undefined || this.outagePath === url.pathname;
    if (this.outage !== undefined && isOut) return simulateOutage(this.outage, response);
    const error = signatureError(request, url, body);
    const parameters = body === '' ? Object.fromEntries(url.searchParams) : (JSON.parse(body) as Parameters);
    this.calls.push({ path: url.pathname, parameters });
    const reply = error ?? (await this.dispatch(url.pathname, parameters));
    send(response, reply);
  }

  private dispatch(path: string, parameters: Parameters): unknown {
    const handlers: Readonly<Record<string, (call: Parameters) => unknown>> = {
      '/auth/v2/enroll': (call) => this.enroll(call),
      '/auth/v2/enroll_status': (call) => this.enrollStatus(call),
      '/auth/v2/preauth': (call) => this.preauth(call),
      '/auth/v2/auth': (call) => this.auth(call),
      '/auth/v2/auth_status': (call) => this.authStatus(call),
      '/admin/v1/users': (call) => this.userPage(call),
    };
    return handlers[path]?.(parameters) ?? fail(40_401, 'Resource not found');
  }

  private enroll({ username = '' }: Parameters) {
    if ([...this.users.values()].some((user) => user.username === username && user.paired))
      return fail(40_002, 'Invalid request parameters');
    const code = `duo://${randomUUID()}`;
    const { id } = this.add(username, { paired: false, activationCode: code });
    const barcode = `https://${duoAccount.host}/frame/qr?value=${encodeURIComponent(code)}`;
    return { user_id: id, username, activation_code: code, activation_barcode: barcode, expiration: 1_900_000_000 };
  }

  private enrollStatus({ user_id = '', activation_code }: Parameters) {
    const user = this.users.get(user_id);
    if (!user || user.activationCode !== activation_code) return 'invalid';
    return user.paired ? 'success' : 'waiting';
  }

  private preauth({ user_id = '', client_supports_verified_push: supportsNumbers }: Parameters) {
    const user = this.users.get(user_id);
    if (!user) return fail(40_002, 'Invalid request parameters');
    const verified =
      user.verified !== false && supportsNumbers === '1'
        ? { txid: randomUUID(), verification_code: user.verified && '042931', expiration: 60 }
        : {};
    return {
      result: user.preauthResult,
      status_msg: '',
      ...(user.preauthResult === 'auth' ? { devices: [], ...verified } : {}),
    };
  }

  private auth(parameters: Parameters) {
    if (parameters['factor'] === 'passcode')
      return { result: parameters['passcode'] === this.passcode ? 'allow' : 'deny', status: '', status_msg: '' };
    if (parameters['async'] !== '1' || parameters['device'] !== 'auto')
      return fail(40_001, 'Missing required request parameters');
    const txid = parameters['txid'] ?? randomUUID();
    this.transactions.set(txid, { parameters, result: 'waiting', reported: false });
    return { txid };
  }

  /**
   * Handles a poll of `auth_status`. The first poll of a push returns at once. Later polls wait until the test answers
   * the push.
   */
  private async authStatus({ txid = '' }: Parameters) {
    const transaction = this.transactions.get(txid);
    if (!transaction) return fail(40_002, 'Invalid request parameters');
    if (transaction.reported && transaction.result === 'waiting')
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    transaction.reported = true;
    return { result: transaction.result, status: 'pushed', status_msg: '' };
  }

  private userPage({ limit = '', offset = '' }: Parameters) {
    const all = [...this.users.values()].map(({ id, username }) => ({ user_id: id, username }));
    const end = Number(offset) + Number(limit);
    return new UserPage(all.slice(Number(offset), end), end < all.length ? end : undefined);
  }
}

class UserPage {
  constructor(
    readonly response: unknown,
    readonly next: number | undefined,
  ) {}
}

function simulateOutage(outage: DuoOutage, response: ServerResponse): void {
  if (outage === 'silent') return;
  if (outage === 'garbage') response.end('<html>');
  else response.writeHead(outage).end(JSON.stringify({ stat: 'FAIL', code: outage * 100, message: 'unavailable' }));
}

function send(response: ServerResponse, reply: unknown): void {
  if (reply instanceof UserPage) {
    const metadata = reply.next === undefined ? {} : { next_offset: reply.next };
    response.end(JSON.stringify({ stat: 'OK', response: reply.response, metadata }));
  } else if (typeof reply === 'object' && reply !== null && 'code' in reply) {
    const { code } = reply as Fail;
    response.writeHead(Math.floor(code / 100)).end(JSON.stringify({ stat: 'FAIL', ...reply }));
  } else response.end(JSON.stringify({ stat: 'OK', response: reply }));
}

/**
 * Returns an error if the request does not have the signature that Duo documents: HMAC-SHA512 of seven lines, in
 * hexadecimal, as the password of Basic authentication.
 */
function signatureError({ method = '', headers }: IncomingMessage, url: URL, body: string): Fail | undefined {
  const { integrationKey, secretKey, host } = duoAccount;
  const date = headers['date'] ?? '';
  if (!(Math.abs(Date.parse(date) - Date.now()) < 300_000)) return fail(40_105, 'Bad request timestamp');
  if (method === 'POST' && headers['content-type'] !== 'application/json') return fail(40_106, 'Invalid content type');
  const canonical = [date, method, host, url.pathname, url.search.slice(1), sha512(body), sha512('')].join('\n');
  const signature = createHmac('sha512', secretKey).update(canonical).digest('hex');
  const expected = `Basic ${Buffer.from(`${integrationKey}:${signature}`).toString('base64')}`;
  return headers.authorization === expected ? undefined : fail(40_103, 'Invalid signature in request credentials');
}
