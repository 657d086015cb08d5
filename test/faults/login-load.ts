import { EventEmitter, once } from 'node:events';
import type { Browser, BrowserResponse } from '../support/browser.js';

/** Milliseconds that a client waits before it retries. */
const RETRY_DELAY_MS = 100;

/** How many logins started and ended, and how. */
export interface Tally {
  begun: number;
  finished: number;
  /** Number of requests that were sent, and of those that got a 502, 503 or 504, or no connection. */
  requests: number;
  refused: number;
  /**
   * Number of logins that a visitor began again, because the reply to an accepted answer was lost together with the new
   * session cookie in it (docs/adr/0006-new-session-key-with-every-proof.md).
   */
  startedOver: number;
  /** Longest time in which no login finished, in milliseconds. */
  gapMs: number;
  /** Errors of logins that fell back to an earlier step or did not end in a session. Must be empty. */
  readonly lost: string[];
}

/** Clients that log in again and again, each as its own user, and retry every refused request. */
export class LoginLoad {
  readonly tally: Tally = { begun: 0, finished: 0, requests: 0, refused: 0, startedOver: 0, gapMs: 0, lost: [] };
  private readonly progress = new EventEmitter();
  private readonly visitors: Promise<void>[];
  /** Browsers of which a request was refused. */
  private readonly interrupted = new WeakSet<Browser>();
  private stopping = false;
  private lastFinish = Date.now();

  constructor(
    private readonly deployment: { browser(): Browser },
    { slug, users }: { slug: string; users: readonly string[] },
  ) {
    this.visitors = users.map((user) => this.visit(slug, user));
  }

  /** Resolves when `more` further logins have finished. */
  async finish(more: number): Promise<void> {
    const goal = this.tally.finished + more;
    while (this.tally.finished < goal) await once(this.progress, 'finished');
  }

  /** Starts no further login, waits for the running ones, and returns the tally. */
  async stop(): Promise<Tally> {
    this.stopping = true;
    await Promise.all(this.visitors);
    return this.tally;
  }

  private async visit(slug: string, user: string) {
    while (!this.stopping) {
      this.tally.begun++;
      const problem = await this.logIn(slug, user);
      if (problem) this.tally.lost.push(`${user}: ${problem}`);
      else this.tally.finished++;
      this.tally.gapMs = Math.max(this.tally.gapMs, Date.now() - this.lastFinish);
      this.lastFinish = Date.now();
      this.progress.emit('finished');
    }
  }

  /** Runs one login, from the start again if a reply was lost. Returns why the login was lost, or `undefined`. */
  private async logIn(slug: string, user: string): Promise<string | undefined> {
    const browser = this.deployment.browser();
    const problem = await this.runFlow(browser, slug, user);
    if (!problem || !this.interrupted.has(browser)) return problem;
    this.tally.startedOver++;
    return this.logIn(slug, user);
  }

  private async runFlow(browser: Browser, slug: string, user: string): Promise<string | undefined> {
    const identified = await this.step(browser, slug, { component: 'ak-stage-identification', uid_field: user });
    if (identified['component'] !== 'ak-stage-password') return `after identification: ${JSON.stringify(identified)}`;
    const done = await this.step(browser, slug, { component: 'ak-stage-password', password: 'correct-horse-7' });
    if (done['component'] !== 'xak-flow-redirect') return `after the password: ${JSON.stringify(done)}`;
    const { body } = await this.retried(browser, () => browser.fetch('/api/v3/core/users/me/'));
    return JSON.stringify(body).includes(`"${user}"`) ? undefined : `after the login: ${JSON.stringify(body)}`;
  }

  /** Solves one challenge. After a refused POST, reads the challenge first: the answer may have been accepted. */
  private async step(browser: Browser, slug: string, answer: Record<string, string>): Promise<BrowserResponse['body']> {
    for (;;) {
      const response = await this.attempt(browser, () => browser.solve(slug, answer));
      if (response) return response.body;
      const { body } = await this.retried(browser, () => browser.show(slug));
      if (body['component'] !== answer['component']) return body;
    }
  }

  private async retried(browser: Browser, send: () => Promise<BrowserResponse>): Promise<BrowserResponse> {
    for (;;) {
      const response = await this.attempt(browser, send);
      if (response) return response;
    }
  }

  /** Sends one request. After a refusal, waits and returns `undefined`. */
  private async attempt(browser: Browser, send: () => Promise<BrowserResponse>) {
    this.tally.requests++;
    const response = await send().catch(() => undefined);
    if (response && ![502, 503, 504].includes(response.status)) return response;
    this.tally.refused++;
    this.interrupted.add(browser);
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    return undefined;
  }
}
