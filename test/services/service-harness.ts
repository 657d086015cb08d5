import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StageProblem, StageReply } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type RunningNats, startNats } from '../support/nats.js';
import { type RunningPart, type RunningProcess, startProcess } from '../support/processes.js';
import { startHosted } from '../support/service-host.js';

/** Milliseconds that a service may take for a reply. */
const REPLY_MS = 15_000;

/** A NATS server, the services of one suite on it, and a client that sends them plain JSON. */
export class ServiceHarness {
  private readonly started: RunningPart[] = [];

  private constructor(
    private readonly nats: RunningNats,
    readonly connection: NatsConnection,
  ) {}

  static async open(): Promise<ServiceHarness> {
    const nats = await startNats();
    return new ServiceHarness(nats, await connect({ servers: nats.url }));
  }

  /** The URL of the NATS server. */
  get url(): string {
    return this.nats.url;
  }

  /** Starts a service as a process. Resolves when the service accepts requests. */
  start(service: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> {
    const entry = fileURLToPath(new URL(`../../dist/apps/${service}/src/main.js`, import.meta.url));
    return this.startProgram(process.execPath, entry, env);
  }

  /** Starts the stages of several services in one microservice of the service host (test/support/service-host.ts). */
  async startHosted(services: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.started.push(await startHosted({ part: 'stages', services, env: { NATS_URL: this.nats.url, ...env } }));
  }

  /** Starts a service whose `entry` another `program` runs, such as Python. */
  async startProgram(program: string, entry: string, env: Readonly<Record<string, string>> = {}) {
    const settings = { NATS_URL: this.nats.url, LOG_LEVEL: 'info', ...env };
    const running = await startProcess(entry, settings, { ready: /"serving"|^serving /, program });
    this.started.push(running);
    return running;
  }

  /** Sends one request and returns the reply. A string is sent unchanged. Throws when no service subscribes to the subject. */
  async request(subject: string, body: unknown): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await this.connection.request(subject, text, { timeout: REPLY_MS });
    return reply.json<Answer>();
  }

  /**
   * Sends all requests at once. Waits for `until`, and then for the missing replies, which NATS may still deliver after
   * the service has ended. Returns the replies in order of arrival.
   */
  async flood(subject: string, bodies: readonly unknown[], until: (replies: readonly Answer[]) => Promise<unknown>) {
    const replies: Answer[] = [];
    const inbox = `flood.${this.started.length}.${subject}`;
    const arrivals = new EventEmitter();
    const arrived = once(arrivals, 'last');
    const subscription = this.connection.subscribe(inbox, {
      callback: (_, message) => {
        if (replies.push(message.json<Answer>()) === bodies.length) arrivals.emit('last');
      },
    });
    for (const body of bodies) this.connection.publish(subject, JSON.stringify(body), { reply: inbox });
    await this.connection.flush();
    await until(replies);
    await Promise.race([arrived, setTimeout(REPLY_MS, undefined, { ref: false })]);
    await this.connection.flush();
    subscription.unsubscribe();
    return replies;
  }

  /** Stops all services and returns their exit codes. */
  async stopAll(): Promise<(number | null)[]> {
    return Promise.all(this.started.splice(0).map((running) => running.stop()));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.connection.close();
    await this.nats.stop();
  }
}

/** Exit code of a service that finished its requests and stopped. */
export const CLEAN_EXIT = 0;

export type Answer = StageReply | StageProblem;

/** Returns the problem's code; `undefined` for a reply of the stage. */
export const problemOf = (answer: Answer) => ('problem' in answer ? answer.problem.code : undefined);
