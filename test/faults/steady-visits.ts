import { EventEmitter, once } from 'node:events';
import type { Browser } from '../support/browser.js';

/** Milliseconds between the beginnings of two logins. */
const EVERY_MS = 150;

/**
 * Visitors who come at a steady rate, also while earlier ones wait for an answer (open model), and who give up at the
 * first failure.
 */
export class SteadyVisits {
  private readonly progress = new EventEmitter();
  private readonly running = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private begun = 0;

  constructor(
    private readonly deployment: { browser(): Browser },
    { slug, users }: { readonly slug: string; readonly users: readonly string[] },
  ) {
    this.timer = setInterval(() => {
      const visit = this.logIn(slug, users[this.begun++ % users.length] ?? '')
        .catch(() => undefined)
        .finally(() => this.running.delete(visit));
      this.running.add(visit);
    }, EVERY_MS);
  }

  /** Resolves when `count` further logins have finished. */
  async finish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await once(this.progress, 'finished');
  }

  /** Starts no further login, and waits for the running ones. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.running);
  }

  private async logIn(slug: string, user: string): Promise<void> {
    const browser = this.deployment.browser();
    await browser.show(slug);
    await browser.solve(slug, { component: 'ak-stage-identification', uid_field: user });
    const { body } = await browser.solve(slug, { component: 'ak-stage-password', password: 'correct-horse-7' });
    if (body['component'] === 'xak-flow-redirect') this.progress.emit('finished');
  }
}
