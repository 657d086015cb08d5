import { EventEmitter, once } from 'node:events';
import { attemptHmacKey, userSubject } from '@gatehouse/executor';
import { onServer } from '../support/postgres-databases.js';
import type { FaultStack } from './fault-stack.js';

/** Number of wrong passwords for each victim, so few that no answer is delayed. */
const GUESSES = 4;

/** A visitor who types wrong passwords for one victim after the other, and remembers which of them were answered. */
export class WrongPasswords {
  /** By victim: the number of guesses whose result the visitor has seen. */
  readonly answered = new Map<string, number>();
  readonly #progress = new EventEmitter();
  #count = 0;
  readonly #done: Promise<void>;
  #stopping = false;

  constructor(
    private readonly stack: FaultStack,
    private readonly victims: readonly string[],
  ) {
    this.#done = this.#guessAll();
  }

  /** Resolves when the visitor has seen `count` results since the start. */
  async answers(count: number): Promise<void> {
    while (this.#count < count) await once(this.#progress, 'answer');
  }

  /** Types no further password, and waits for the last answer. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  /** Returns the victims with fewer stored failures than wrong guesses that were answered. Must be empty. */
  async forgotten(databaseUrl: string): Promise<string[]> {
    const key = attemptHmacKey(this.stack.setting('SECRET_KEY'));
    return onServer(databaseUrl, async (client) => {
      const users = await client.query<{ id: string; username: string }>('SELECT id, username FROM directory.users');
      const stored = await client.query<{ subject: Buffer; failures: number }>(
        `SELECT subject, failures FROM flow.attempts WHERE credential = 'password'`,
      );
      const failures = new Map(stored.rows.map((row) => [row.subject.toString('hex'), row.failures]));
      return users.rows
        .filter(({ id, username }) => {
          const counted = failures.get(userSubject(key, id).toString('hex')) ?? 0;
          return counted < (this.answered.get(username) ?? 0);
        })
        .map(({ username }) => username);
    });
  }

  async #guessAll(): Promise<void> {
    for (const victim of this.victims)
      for (let i = 0; i < GUESSES && !this.#stopping; i++)
        if (await this.#guess(victim).catch(() => false)) {
          this.answered.set(victim, (this.answered.get(victim) ?? 0) + 1);
          this.#count++;
          this.#progress.emit('answer');
        }
  }

  /** Returns whether the visitor has learned that the password was wrong. */
  async #guess(victim: string): Promise<boolean> {
    const browser = this.stack.browser();
    await browser.show('login');
    const { body } = await browser.solve('login', { component: 'ak-stage-identification', uid_field: victim });
    if (body['component'] !== 'ak-stage-password') return false;
    const answer = await browser.solve('login', { component: 'ak-stage-password', password: 'wrong' });
    return answer.status === 200 && 'response_errors' in answer.body;
  }
}
