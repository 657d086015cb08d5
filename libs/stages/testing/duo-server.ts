import { createHash, createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The account that the server knows, for logins and for administration alike. */
export const duoAccount = {
  host: 'api-loopback.duosecurity.com',
  integrationKey: 'DILOOPBACK',
  secretKey: 'loopback secret',
};

type Parameters = Record<string, string>;
type Fail = { readonly code: number; readonly message: string };

interface User {
  readonly id: string;
  readonly username: string;
  readonly activationCode: string;
  paired: boolean;
  /** What comes of asking for the user, or of a passcode. */
  demand: 'auth' | 'allow' | 'deny' | 'enroll';
  verified: boolean;
}
interface Transaction {
  readonly parameters: Parameters;
  result: string;
  told: boolean;
}

const sha512 = (text: string) => createHash('sha512').update(text).digest('hex');
const fail = (code: number, message: string): Fail => ({ code, message });

/** What a server in trouble does instead of its work. */
export type DuoTrouble = 'silent' | 'garbage' | 429 | 500;

/** Duo on loopback: it checks signatures and speaks the documented Auth API, version 2, and the users of the Admin API. */
export class DuoServer {
  readonly calls: { path: string; parameters: Parameters }[] = [];
  readonly users = new Map<string, User>();
  readonly transactions = new Map<string, Transaction>();
  trouble: DuoTrouble | undefined;
  passcode = '123456';
  readonly #news = new Set<() => void>();

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

  /** A user whose phone is paired. */
  add(username: string, more: Partial<User> = {}): User {
    const user: User = {
      id: `DU${this.users.size + 1}`,
      username,
      activationCode: '',
      paired: true,
      demand: 'auth',
      verified: false,
      ...more,
    };
    this.users.set(user.id, user);
    return user;
  }

  /** Pushes that have been sent, the newest last. */
  get pushes(): { txid: string; parameters: Parameters }[] {
    return [...this.transactions].map(([txid, { parameters }]) => ({ txid, parameters }));
  }

  /** The visitor answers on their phone, to the newest push unless told otherwise. */
  decide(result: string, txid = this.pushes.at(-1)!.txid): void {
    this.transactions.get(txid)!.result = result;
    for (const tell of this.#news) tell();
    this.#news.clear();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://duo');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (this.trouble !== undefined) return inTrouble(this.trouble, response);
    const faulty = signatureFault(request, url, body);
    const parameters = body === '' ? Object.fromEntries(url.searchParams) : (JSON.parse(body) as Parameters);
    this.calls.push({ path: url.pathname, parameters });
    const said = faulty ?? (await this.answer(url.pathname, parameters));
    send(response, said);
  }

  private answer(path: string, parameters: Parameters): unknown {
    const handlers: Readonly<Record<string, (given: Parameters) => unknown>> = {
      '/auth/v2/enroll': (given) => this.enroll(given),
      '/auth/v2/enroll_status': (given) => this.status(given),
      '/auth/v2/preauth': (given) => this.preauth(given),
      '/auth/v2/auth': (given) => this.auth(given),
      '/auth/v2/auth_status': (given) => this.news(given),
      '/admin/v1/users': (given) => this.page(given),
    };
    return handlers[path]?.(parameters) ?? fail(40_401, 'Resource not found');
  }

  private enroll({ username = '' }: Parameters) {
    if ([...this.users.values()].some((user) => user.username === username && user.paired))
      return fail(40_002, 'Invalid request parameters');
    const code = `duo://${randomUUID()}`;
    const { id } = this.add(username, { paired: false, activationCode: code });
    const picture = `https://${duoAccount.host}/frame/qr?value=${encodeURIComponent(code)}`;
    return { user_id: id, username, activation_code: code, activation_barcode: picture, expiration: 1_900_000_000 };
  }

  private status({ user_id = '', activation_code }: Parameters) {
    const user = this.users.get(user_id);
    if (!user || user.activationCode !== activation_code) return 'invalid';
    return user.paired ? 'success' : 'waiting';
  }

  private preauth({ user_id = '', client_supports_verified_push: numbers }: Parameters) {
    const user = this.users.get(user_id);
    if (!user) return fail(40_002, 'Invalid request parameters');
    const verified =
      user.verified && numbers === '1' ? { txid: randomUUID(), verification_code: '042931', expiration: 60 } : {};
    return { result: user.demand, status_msg: '', ...(user.demand === 'auth' ? { devices: [], ...verified } : {}) };
  }

  private auth(parameters: Parameters) {
    if (parameters['factor'] === 'passcode')
      return { result: parameters['passcode'] === this.passcode ? 'allow' : 'deny', status: '', status_msg: '' };
    if (parameters['async'] !== '1' || parameters['device'] !== 'auto')
      return fail(40_001, 'Missing required request parameters');
    const txid = parameters['txid'] ?? randomUUID();
    this.transactions.set(txid, { parameters, result: 'waiting', told: false });
    return { txid };
  }

  /** The first question hears that the message is under way; later ones wait for an answer. */
  private async news({ txid = '' }: Parameters) {
    const transaction = this.transactions.get(txid);
    if (!transaction) return fail(40_002, 'Invalid request parameters');
    if (transaction.told && transaction.result === 'waiting') await new Promise<void>((tell) => this.#news.add(tell));
    transaction.told = true;
    return { result: transaction.result, status: 'pushed', status_msg: '' };
  }

  private page({ limit = '', offset = '' }: Parameters) {
    const all = [...this.users.values()].map(({ id, username }) => ({ user_id: id, username }));
    const end = Number(offset) + Number(limit);
    return new Page(all.slice(Number(offset), end), end < all.length ? end : undefined);
  }
}

class Page {
  constructor(
    readonly response: unknown,
    readonly next: number | undefined,
  ) {}
}

function inTrouble(trouble: DuoTrouble, response: ServerResponse): void {
  if (trouble === 'silent') return;
  if (trouble === 'garbage') response.end('<html>');
  else response.writeHead(trouble).end(JSON.stringify({ stat: 'FAIL', code: trouble * 100, message: 'trouble' }));
}

function send(response: ServerResponse, said: unknown): void {
  if (said instanceof Page) {
    const metadata = said.next === undefined ? {} : { next_offset: said.next };
    response.end(JSON.stringify({ stat: 'OK', response: said.response, metadata }));
  } else if (typeof said === 'object' && said !== null && 'code' in said) {
    const { code } = said as Fail;
    response.writeHead(Math.floor(code / 100)).end(JSON.stringify({ stat: 'FAIL', ...said }));
  } else response.end(JSON.stringify({ stat: 'OK', response: said }));
}

/** As the documentation has it: seven lines, HMAC-SHA512, hexadecimal, in a header for Basic. */
function signatureFault({ method = '', headers }: IncomingMessage, url: URL, body: string): Fail | undefined {
  const { integrationKey, secretKey, host } = duoAccount;
  const date = headers['date'] ?? '';
  if (!(Math.abs(Date.parse(date) - Date.now()) < 300_000)) return fail(40_105, 'Bad request timestamp');
  if (method === 'POST' && headers['content-type'] !== 'application/json') return fail(40_106, 'Invalid content type');
  const canonical = [date, method, host, url.pathname, url.search.slice(1), sha512(body), sha512('')].join('\n');
  const signature = createHmac('sha512', secretKey).update(canonical).digest('hex');
  const expected = `Basic ${Buffer.from(`${integrationKey}:${signature}`).toString('base64')}`;
  return headers.authorization === expected ? undefined : fail(40_103, 'Invalid signature in request credentials');
}
