import { EventEmitter, once } from 'node:events';
import { Browser, type BrowserResponse, usernameOf } from '../support/browser.js';
import type { Mailbox } from '../support/mailbox.js';
import { readMail } from '../support/read-mail.js';

/** Milliseconds that a client waits before it retries. */
const RETRY_DELAY_MS = 100;

/** A user and the flow to log in with, which ends with a static code (`factor`) or with a mailed code (`mailed`). */
export interface Account {
  readonly slug: 'factor' | 'mailed';
  readonly user: string;
  /** The static codes that are not used yet. */
  readonly codes: string[];
}

/** Counts of started, finished and disturbed logins. */
export interface Tally {
  begun: number;
  finished: number;
  /** Number of requests that got a 503 or no response. */
  refused: number;
  /**
   * Number of logins that a client began again after a refused request. Such a request may have been processed, but its
   * reply with the new session cookie was lost (docs/adr/0006-new-session-key-with-every-proof.md).
   */
  startedOver: number;
  /** Number of static codes that a client did not send again, because a refused request may have used them up. */
  replacedCodes: number;
  /** Problems of logins that got an unexpected challenge, or whose session was not that of the user. Must be empty. */
  readonly lost: string[];
}

const newTally = (): Tally => ({ begun: 0, finished: 0, refused: 0, startedOver: 0, replacedCodes: 0, lost: [] });

/** Clients that log in again and again. Each uses its own accounts in turn, and retries refused requests. */
export class MixedLoad {
  #tally = newTally();
  readonly #progress = new EventEmitter();
  readonly #clients: Promise<void>[];
  /** Browsers that had a refused request. A refused request may have been processed. */
  readonly #interrupted = new WeakSet<Browser>();
  #isStopping = false;

  constructor(
    private readonly url: string,
    private readonly mailbox: Mailbox,
    /** The accounts of each client. */
    accounts: readonly (readonly Account[])[],
  ) {
    this.#clients = accounts.map((list) => this.#logInAgain(list));
  }

  /** Resolves when `more` further logins have finished. Returns and resets the tally. */
  async finish(more: number): Promise<Tally> {
    const goal = this.#tally.finished + more;
    while (this.#tally.finished < goal && this.#tally.lost.length === 0) await once(this.#progress, 'finished');
    const tally = this.#tally;
    this.#tally = newTally();
    return tally;
  }

  /** Starts no further login, waits for the running ones, and returns the tally. */
  async stop(): Promise<Tally> {
    this.#isStopping = true;
    await Promise.all(this.#clients);
    return this.#tally;
  }

  /**
   * Runs a login up to its last challenge. Returns a function that answers the challenge, and resolves with the reason
   * why the login was lost, or with `undefined`.
   */
  async begin(account: Account, browser = new Browser(this.url)): Promise<() => Promise<string | undefined>> {
    const { slug, user } = account;
    const sent = this.#mailsTo(user);
    const identified = await this.#step(browser, account, { component: 'ak-stage-identification', uid_field: user });
    if (slug === 'factor') {
      if (identified['component'] !== 'ak-stage-password') return async () => unexpected('identification', identified);
      const proved = await this.#step(browser, account, {
        component: 'ak-stage-password',
        password: 'correct-horse-7',
      });
      const component = 'ak-stage-authenticator-validate';
      if (proved['component'] !== component) return async () => unexpected('the password', proved);
      return () => this.#end(browser, account, { component, code: nextCode(account) });
    }
    const component = 'ak-stage-email';
    if (identified['component'] !== component) return async () => unexpected('identification', identified);
    const { code } = readMail(await this.mailbox.mailTo(`${user}@example.org`, sent + 1));
    return () => this.#end(browser, account, { component, code });
  }

  #mailsTo(user: string): number {
    return this.mailbox.mails.filter(({ recipients }) => recipients.includes(`${user}@example.org`)).length;
  }

  async #end(browser: Browser, account: Account, answer: Answer): Promise<string | undefined> {
    const { user } = account;
    const done = await this.#step(browser, account, answer);
    if (done['component'] !== 'xak-flow-redirect') return unexpected(answer.component, done);
    for (;;) {
      const name = await usernameOf(browser).catch(() => undefined);
      if (name === user) return undefined;
      const { status, body } = await this.#retried(browser, () => browser.fetch('/api/v3/core/users/me/'));
      if (status === 403) return unexpected('the login', body);
    }
  }

  async #logInAgain(accounts: readonly Account[]): Promise<void> {
    for (let i = 0; !this.#isStopping; i = (i + 1) % accounts.length) {
      const account = accounts[i]!;
      this.#tally.begun++;
      const problem = await this.#logIn(account);
      if (problem === undefined) this.#tally.finished++;
      else this.#tally.lost.push(`${account.slug} ${account.user}: ${problem}`);
      this.#progress.emit('finished');
    }
  }

  /** Runs one login, and starts it again if a reply was lost. Returns why the login was lost, or `undefined`. */
  async #logIn(account: Account): Promise<string | undefined> {
    const browser = new Browser(this.url);
    const problem = await (await this.begin(account, browser))();
    if (problem === undefined || !this.#interrupted.has(browser)) return problem;
    this.#tally.startedOver++;
    return this.#logIn(account);
  }

  /**
   * Returns the answer to send after a refused request. A static code works once, so the answer gets the next one.
   */
  #again(account: Account, answer: Answer): Answer {
    if (account.slug !== 'factor' || answer['code'] === undefined) return answer;
    this.#tally.replacedCodes++;
    return { ...answer, code: nextCode(account) };
  }

  /** Solves one challenge. A refused POST may have been processed, so a GET finds out before it is repeated. */
  async #step(browser: Browser, account: Account, first: Answer): Promise<BrowserResponse['body']> {
    for (let answer = first; ; answer = this.#again(account, answer)) {
      const response = await this.#attempt(browser, () => browser.solve(account.slug, answer));
      if (response) return response.body;
      const { body } = await this.#retried(browser, () => browser.show(account.slug));
      if (body['component'] !== answer.component) return body;
    }
  }

  async #retried(browser: Browser, send: () => Promise<BrowserResponse>): Promise<BrowserResponse> {
    for (;;) {
      const response = await this.#attempt(browser, send);
      if (response) return response;
    }
  }

  /** Sends one request. After a refusal, waits and returns `undefined`. */
  async #attempt(browser: Browser, send: () => Promise<BrowserResponse>): Promise<BrowserResponse | undefined> {
    const response = await send().catch(() => undefined);
    if (response && response.status !== 503) return response;
    this.#tally.refused++;
    this.#interrupted.add(browser);
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    return undefined;
  }
}

type Answer = Readonly<Record<string, string>> & { readonly component: string };

/** Takes the next static code of a user. Throws when none is left. */
function nextCode({ user, codes }: Account): string {
  const code = codes.shift();
  if (code === undefined) throw new Error(`${user} has no static code left. Raise token_count.`);
  return code;
}

const unexpected = (step: string, body: unknown) => `after ${step}: ${JSON.stringify(body).slice(0, 200)}`;
