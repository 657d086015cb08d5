import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultStack, type StackOptions } from './fault-stack.js';
import { LoginLoad, type Tally } from './login-load.js';

/** The users who log in without pause. */
export const USERS = Array.from({ length: 4 }, (_, i) => `user-${i}`);
export const NONE_LOST = { unfinished: 0, lost: [] };
/**
 * The tally that a test expects if no reply to an accepted answer was lost. Only the crash of a gateway can lose such a
 * reply.
 */
export const NONE_STARTED_OVER = { ...NONE_LOST, startedOver: 0 };

/** A deployment whose parts are killed, hung and restarted one after the other, while users log in. */
export class FaultDrill {
  #load: LoginLoad | undefined;
  #visitors = 0;
  /** Number of logins that had finished before the current load began. */
  #finished = 0;

  private constructor(readonly stack: FaultStack) {}

  static async open(options: Partial<StackOptions> = {}): Promise<FaultDrill> {
    return new FaultDrill(await FaultStack.open({ users: USERS, ...options }));
  }

  /** Lets `users` log in again and again, and resets the tally. Resolves when some logins have finished. */
  async startLoad(users: readonly string[] = USERS): Promise<void> {
    await this.stopLoad();
    this.#visitors = users.length;
    this.#load = new LoginLoad(this.stack, { slug: 'login', users });
    await this.loginsGoOn();
  }

  /** Resolves when logins have finished that began after this call, or when a login was lost. */
  async loginsGoOn(): Promise<void> {
    await this.#load?.finish(2 * this.#visitors);
  }

  /** Returns the logins per second over the next `count` logins. */
  async rate(count: number): Promise<number> {
    const startedAt = performance.now();
    await this.#load?.finish(count);
    return (1000 * count) / (performance.now() - startedAt);
  }

  /**
   * Waits for logins that begin after the fault, and stops the load. Returns how all logins ended, and reports it under
   * the name `fault`.
   */
  async outcome(fault: string) {
    await this.loginsGoOn();
    const tally = await this.stopLoad();
    if (!tally) throw new Error('no load is running. Call startLoad first.');
    await report(fault, tally);
    const { begun, finished, lost, startedOver, refused, gapMs } = tally;
    return { unfinished: begun - finished, lost, startedOver, refused, gapMs };
  }

  /** Starts no further login, waits for the running ones, and returns the tally of the load. */
  async stopLoad(): Promise<Tally | undefined> {
    const tally = await this.#load?.stop();
    this.#finished += tally?.finished ?? 0;
    this.#load = undefined;
    return tally;
  }

  /**
   * Stops the load and waits until the outbox is empty. Returns the number of finished logins, and of events in the
   * stream.
   */
  async loginsAndEvents(): Promise<{ logins: number; events: number }> {
    await this.stopLoad();
    await this.stack.outboxEmpty();
    return { logins: this.#finished, events: await this.stack.storedEvents() };
  }

  /** Ends the load of a test. If the test has failed, saves the output of all processes, and prints the file's name. */
  async endTest(hasFailed: boolean): Promise<void> {
    if (hasFailed) {
      const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-faults-')), 'output.log');
      await writeFile(file, this.stack.output());
      process.stderr.write(`output of all processes: ${file}\n`);
    }
    await this.stopLoad();
  }

  async close(): Promise<void> {
    await this.stopLoad();
    await this.stack.close();
  }
}

/** Adds a line to the file FAULTS_ROWS, from which tools/test-faults.mjs makes a table. Prints why requests failed. */
async function report(fault: string, tally: Tally): Promise<void> {
  const rows = process.env['FAULTS_ROWS'];
  if (rows) await appendFile(rows, `${JSON.stringify({ fault, ...tally, lost: tally.lost.length })}\n`);
  for (const [reason, count] of Object.entries(tally.refusals))
    process.stdout.write(`${fault}: ${count} × ${reason}\n`);
}
