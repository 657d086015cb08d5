import { EventEmitter, once } from 'node:events';
import type { Browser, BrowserResponse } from '../support/browser.js';

/** Milliseconds that a client waits before it retries. */
const RETRY_DELAY_MS = 100;
/** Milliseconds after which a client gives a login up. The login then counts as lost. */
const GIVE_UP_MS = 60_000;

/** Counts of started, finished and disturbed logins. */
export interface Tally {
  begun: number;
  finished: number;
  /** Number of requests that were sent. */
  requests: number;
  /** Number of requests that got a status 502, 503 or 504, or no connection. */
  refused: number;
  /** Number of refused requests by status and body, or by error. */
  readonly refusals: Record<string, number>;
  /**
   * Number of logins that a client began again after a refused request. Such a request may have been processed, but its
   * reply with the new session cookie was lost (docs/adr/0006-new-session-key-with-every-proof.md).
   */
  startedOver: number;
  /** Longest time in which no login finished, in milliseconds. */
  gapMs: number;
  /** Problems of logins that got an unexpected challenge or no session, or took too long. Must be empty. */
  readonly lost: string[];
}

/** Thrown when a login has taken longer than GIVE_UP_MS. */
class GivenUpError extends Error {}

/** A login that is running. */
interface Visit {
  readonly browser: Browser;
  /** Time at which the visitor gives up, on the clock of `performance.now()`. */
  readonly until: number;
  isInterrupted: boolean;
}

/** Clients that log in again and again, each as its own user, and retry every refused request. */
export class LoginLoad {
  readonly tally: Tally = {
    ...{ begun: 0, finished: 0, requests: 0, refused: 0, startedOver: 0, gapMs: 0 },
    ...{ refusals: {}, lost: [] },
  };
  private readonly progress = new EventEmitter();
  private readonly visitors: Promise<void>[];
  private stopping = false;
  private lastFinish = Date.now();

  constructor(
    private readonly deployment: { browser(): Browser },
    { slug, users }: { slug: string; users: readonly string[] },
  ) {
    this.visitors = users.map((user) => this.visit(slug, user));
  }

  /** Resolves when `more` further logins have finished, or when a login was lost. */
  async finish(more: number): Promise<void> {
    const goal = this.tally.finished + more;
    while (this.tally.finished < goal && this.tally.lost.length === 0) await once(this.progress, 'ended');
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
      this.progress.emit('ended');
    }
  }

  /** Runs one login, and starts it again if a reply was lost. Returns why the login was lost, or `undefined`. */
  private async logIn(slug: string, user: string): Promise<string | undefined> {
    const until = performance.now() + GIVE_UP_MS;
    for (;;) {
      const visit: Visit = { browser: this.deployment.browser(), until, isInterrupted: false };
      try {
        const problem = await this.runFlow(visit, slug, user);
        if (!problem || !visit.isInterrupted) return problem;
        this.tally.startedOver++;
      } catch (error) {
        if (error instanceof GivenUpError) return error.message;
        throw error;
      }
    }
  }

  private async runFlow(visit: Visit, slug: string, user: string): Promise<string | undefined> {
    const identified = await this.step(visit, slug, { component: 'ak-stage-identification', uid_field: user });
    if (identified['component'] !== 'ak-stage-password') return `after identification: ${JSON.stringify(identified)}`;
    const done = await this.step(visit, slug, { component: 'ak-stage-password', password: 'correct-horse-7' });
    if (done['component'] !== 'xak-flow-redirect') return `after the password: ${JSON.stringify(done)}`;
    const { body } = await this.retried(visit, (browser) => browser.fetch('/api/v3/core/users/me/'));
    return JSON.stringify(body).includes(`"${user}"`) ? undefined : `after the login: ${JSON.stringify(body)}`;
  }

  /** Solves one challenge. A refused POST may have been processed, so a GET finds out before it is repeated. */
  private async step(visit: Visit, slug: string, answer: Record<string, string>): Promise<BrowserResponse['body']> {
    for (;;) {
      const response = await this.attempt(visit, (browser) => browser.solve(slug, answer));
      if (response) return response.body;
      const { body } = await this.retried(visit, (browser) => browser.show(slug));
      if (body['component'] !== answer['component']) return body;
    }
  }

  private async retried(visit: Visit, send: (browser: Browser) => Promise<BrowserResponse>): Promise<BrowserResponse> {
    for (;;) {
      const response = await this.attempt(visit, send);
      if (response) return response;
    }
  }

  /** Sends one request. After a refusal, waits and returns `undefined`. Throws GivenUpError after GIVE_UP_MS. */
  private async attempt(visit: Visit, send: (browser: Browser) => Promise<BrowserResponse>) {
    this.tally.requests++;
    const response = await send(visit.browser).catch((error: unknown) => String((error as Error).cause ?? error));
    if (typeof response !== 'string' && ![502, 503, 504].includes(response.status)) return response;
    const reason = typeof response === 'string' ? response : `${response.status} ${summaryOf(response.text)}`;
    this.tally.refused++;
    this.tally.refusals[reason] = (this.tally.refusals[reason] ?? 0) + 1;
    visit.isInterrupted = true;
    if (performance.now() > visit.until)
      throw new GivenUpError(`given up after ${GIVE_UP_MS} ms. Last refusal: ${reason}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    return undefined;
  }
}

/** Returns the beginning of a body without the id of the request, in one line. */
const summaryOf = (body: string) =>
  body
    .replace(/"request_id":"\w+"/, '"request_id":…')
    .replace(/\s+/g, ' ')
    .slice(0, 100);
