import { fileURLToPath } from 'node:url';
import type { StageProblem, StageReply } from '@gatehouse/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type RunningNats, startNats } from '../support/nats.js';
import { type RunningProcess, startProcess } from '../support/processes.js';

/** A bus of a suite's own, the services started on it, and a stranger to the house who asks them in bare JSON. */
export class ServiceHarness {
  private readonly started: RunningProcess[] = [];

  private constructor(
    private readonly nats: RunningNats,
    readonly connection: NatsConnection,
  ) {}

  static async open(): Promise<ServiceHarness> {
    const nats = await startNats();
    return new ServiceHarness(nats, await connect({ servers: nats.url }));
  }

  /** Where the bus is. */
  get url(): string {
    return this.nats.url;
  }

  /** Starts the real process of a service; resolves once it serves. */
  start(service: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> {
    const entry = fileURLToPath(new URL(`../../dist/apps/${service}/src/main.js`, import.meta.url));
    return this.startProgram(process.execPath, entry, env);
  }

  /** Starts a service that is written in something else. */
  async startProgram(program: string, entry: string, env: Readonly<Record<string, string>> = {}) {
    const settings = { NATS_URL: this.nats.url, LOG_LEVEL: 'info', ...env };
    const running = await startProcess(entry, settings, { ready: /"serving"|^serving /, program });
    this.started.push(running);
    return running;
  }

  /** The reply to one request; `body` is sent as it is when it is text. Throws when nobody serves the subject. */
  async ask(subject: string, body: unknown): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await this.connection.request(subject, text, { timeout: 15_000 });
    return reply.json<Answer>();
  }

  /** Sends all requests at once and hears every reply to them, in order of arrival, until `until` is over. */
  async flood(subject: string, bodies: readonly unknown[], until: (heard: readonly Answer[]) => Promise<unknown>) {
    const heard: Answer[] = [];
    const inbox = `flood.${this.started.length}.${subject}`;
    const replies = this.connection.subscribe(inbox, {
      callback: (_, message) => void heard.push(message.json<Answer>()),
    });
    for (const body of bodies) this.connection.publish(subject, JSON.stringify(body), { reply: inbox });
    await this.connection.flush();
    await until(heard);
    await this.connection.flush();
    replies.unsubscribe();
    return heard;
  }

  /** Asks all services to leave; says with which codes they did. */
  async stopAll(): Promise<(number | null)[]> {
    return Promise.all(this.started.splice(0).map((running) => running.stop()));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.connection.close();
    await this.nats.stop();
  }
}

/** The code of a service that was asked to leave, drained, and left. */
export const CLEAN_EXIT = 0;

export type Answer = StageReply | StageProblem;

/** The code of a problem; undefined for an outcome. */
export const problemOf = (answer: Answer) => ('problem' in answer ? answer.problem.code : undefined);
