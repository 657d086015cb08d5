import { EventEmitter, once } from 'node:events';
import type { Browser, BrowserResponse } from '../support/browser.js';
import type { Deployment } from '../support/deployment.js';

/** Milliseconds after which a client comes again that was told to. */
const COME_AGAIN_MS = 100;

/** What became of the logins under a fault. */
export interface Tally {
  begun: number;
  finished: number;
  /** Answers that said clearly to come again: 503, or nobody at the door. */
  refused: number;
  /** Logins that went back, or ended otherwise than they should; none, in a good house. */
  readonly lost: string[];
}

/** Visitors who log in one after the other, each as a user of their own, come again when they are told to, and never give up. */
export class LoginLoad {
  readonly tally: Tally = { begun: 0, finished: 0, refused: 0, lost: [] };
  private readonly progress = new EventEmitter();
  private readonly visitors: Promise<void>[];
  private stopping = false;

  constructor(
    private readonly house: Deployment,
    { slug, users }: { slug: string; users: readonly string[] },
  ) {
    this.visitors = users.map((user) => this.visit(slug, user));
  }

  /** Resolves when so many more logins have been finished. */
  async finish(more: number): Promise<void> {
    const goal = this.tally.finished + more;
    while (this.tally.finished < goal) await once(this.progress, 'finished');
  }

  /** Lets every login that was begun come to its end; what became of all. */
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
      this.progress.emit('finished');
    }
  }

  /** One login to its end; what went wrong with it, if anything did. */
  private async logIn(slug: string, user: string): Promise<string | undefined> {
    const browser = this.house.browser();
    const identified = await this.step(browser, slug, { component: 'ak-stage-identification', uid_field: user });
    if (identified['component'] !== 'ak-stage-password') return `identified, then ${JSON.stringify(identified)}`;
    const done = await this.step(browser, slug, { component: 'ak-stage-password', password: 'correct-horse-7' });
    if (done['component'] !== 'xak-flow-redirect') return `proved, then ${JSON.stringify(done)}`;
    const { body } = await this.patiently(() => browser.fetch('/api/v3/core/users/me/'));
    return JSON.stringify(body).includes(`"${user}"`) ? undefined : `logged in, then ${JSON.stringify(body)}`;
  }

  /** Answers until the answer has counted: a client that was told to come again looks first where it stands. */
  private async step(browser: Browser, slug: string, answer: Record<string, string>): Promise<BrowserResponse['body']> {
    for (;;) {
      const told = await this.once(() => browser.solve(slug, answer));
      if (told) return told.body;
      const { body } = await this.patiently(() => browser.show(slug));
      if (body['component'] !== answer['component']) return body;
    }
  }

  private async patiently(send: () => Promise<BrowserResponse>): Promise<BrowserResponse> {
    for (;;) {
      const told = await this.once(send);
      if (told) return told;
    }
  }

  /** The answer, or nothing when it was to come again: after having waited. */
  private async once(send: () => Promise<BrowserResponse>): Promise<BrowserResponse | undefined> {
    const told = await send().catch(() => undefined);
    if (told && told.status !== 503) return told;
    this.tally.refused++;
    await new Promise((resolve) => setTimeout(resolve, COME_AGAIN_MS));
    return undefined;
  }
}
