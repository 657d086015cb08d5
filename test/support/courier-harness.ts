import { randomBytes } from 'node:crypto';
import {
  insertOutboxRow,
  type MailBody,
  mailMessage,
  type OutboxMessage,
  outboxParameters,
  outboxRow,
} from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { DataSource } from 'typeorm';
import { REQUEST_FACTS } from '../../libs/executor-postgres/testing/event-context.js';
import { flowDatabase } from '../../libs/executor-postgres/testing/flow-database.js';
import { Mailbox } from './mailbox.js';
import { type RunningNats, startNats } from './nats.js';
import type { NatsServerOptions } from './nats-server.js';
import { type Environment, type RunningPart, type RunningProcess, startProcess } from './processes.js';
import { startHosted } from './service-host.js';

/** Returns a mail for the outbox. */
export const mailTo = (address: string | null, changes: Partial<MailBody> = {}): OutboxMessage =>
  mailMessage(
    {
      ...{ type: 'mail', to: address === null ? null : { address, name: '' }, template: 'email/password_reset.html' },
      ...{ subject: 'Help is near', locale: 'en' },
      variables: {
        ...{ url: 'https://id.example.org/if/flow/recovery/?flow_token=hidden', brand: 'Example' },
        ...{ username: 'alice', code: '012345', link_minutes: 30, code_minutes: 10 },
      },
      ...changes,
    },
    { ...REQUEST_FACTS, user: undefined, flow: 'recovery' },
  );

/** The database into which `putMessages` inserts messages. */
interface MessageTarget {
  /** The seal keys. */
  readonly seal: string;
  /** Age of the messages in seconds. */
  readonly agoS?: number;
  /** Runs a statement. */
  readonly execute: (sql: string, values: readonly unknown[]) => Promise<unknown>;
}

/** Inserts messages into the outbox and returns their ids. */
export async function putMessages(
  messages: readonly OutboxMessage[],
  { seal, agoS = 0, execute }: MessageTarget,
): Promise<string[]> {
  const rows = messages.map((message) => outboxRow(message, new Sealer(seal)));
  await execute(
    `INSERT INTO flow.outbox (id, topic, body, due_at, made_at)
     SELECT o.*, now(), now() - $4::interval FROM unnest($1::uuid[], $2::text[], $3::bytea[]) o`,
    [rows.map(({ id }) => id), rows.map(({ topic }) => topic), rows.map(({ body }) => body), `${agoS} seconds`],
  );
  return rows.map(({ id }) => id);
}

interface CourierInfrastructure {
  nats: RunningNats;
  readonly natsOptions: NatsServerOptions;
  readonly seal: string;
  readonly close: () => Promise<void>;
}

/** An outbox, a mail server and a bus, with couriers. */
export class CourierHarness {
  readonly #couriers: RunningPart[] = [];
  #mailbox: Mailbox | undefined;

  private constructor(
    readonly source: DataSource,
    private readonly infrastructure: CourierInfrastructure,
  ) {}

  static async open(natsOptions: NatsServerOptions = {}): Promise<CourierHarness> {
    const database = await flowDatabase();
    const seal = `test:${randomBytes(32).toString('base64')}`;
    const close = () => database.close();
    return new CourierHarness(database.source, { nats: await startNats(natsOptions), natsOptions, seal, close });
  }

  /** Stops all couriers, empties the outbox and starts a new mail server. */
  async begin(options: Parameters<typeof Mailbox.open>[0] = {}): Promise<Mailbox> {
    await Promise.all(this.#couriers.splice(0).map((courier) => courier.stop()));
    await this.#mailbox?.close();
    await this.source.query('TRUNCATE flow.outbox, flow.mailed');
    this.#mailbox = await Mailbox.open(options);
    return this.#mailbox;
  }

  get mailbox(): Mailbox {
    if (!this.#mailbox) throw new Error('call begin() first');
    return this.#mailbox;
  }

  get nats(): RunningNats {
    return this.infrastructure.nats;
  }

  /** Starts a courier in the service host (service-host.ts). Resolves when it is ready. */
  async start(settings: Environment = {}): Promise<RunningPart> {
    const courier = await startHosted({ part: 'courier', env: this.#environment(settings) });
    this.#couriers.push(courier);
    return courier;
  }

  /** Starts a courier as a process of its own, for tests that end or watch it. Resolves when it is ready. */
  async startApart(settings: Environment = {}): Promise<RunningProcess> {
    const env = this.#environment(settings);
    const courier = await startProcess('dist/apps/courier/src/main.js', env, { ready: /serving/ });
    this.#couriers.push(courier);
    return courier;
  }

  #environment(settings: Environment): Environment {
    return {
      ...{ DATABASE_URL: this.url, NATS_URL: this.nats.url, SEAL_KEYS: this.infrastructure.seal, OUTBOX_POLL_MS: '20' },
      ...{ MAIL_HOST: '127.0.0.1', MAIL_PORT: String(this.mailbox.port), MAIL_RETRY_S: '1' },
      ...settings,
    };
  }

  /** Inserts messages into the outbox, created `agoS` seconds ago, and returns their ids. */
  put(messages: readonly OutboxMessage[], agoS = 0): Promise<string[]> {
    return putMessages(messages, {
      ...{ seal: this.seal, agoS },
      execute: (sql, values) => this.source.query(sql, [...values]),
    });
  }

  /** Inserts events with the statement of the gateway, which stores the user of each event. Returns their ids. */
  async putEvents(messages: readonly OutboxMessage[]): Promise<string[]> {
    const rows = messages.map((message) => outboxRow(message, new Sealer(this.seal)));
    for (const row of rows) await this.source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
    return rows.map(({ id }) => id);
  }

  /** Returns a NATS connection that can subscribe to the published events. */
  listen(): Promise<NatsConnection> {
    return connect({ servers: this.nats.url });
  }

  /** Restarts the nats-server on the same port. */
  async restartBus(): Promise<void> {
    this.infrastructure.nats = await startNats({
      ...this.infrastructure.natsOptions,
      port: Number(new URL(this.nats.url).port),
    });
  }

  /** Returns the messages in the outbox. */
  rows(): Promise<{ id: string; topic: string; tries: number; parked_at: Date | null; error: string | null }[]> {
    return this.source.query('SELECT id, topic, tries, parked_at, error FROM flow.outbox ORDER BY made_at');
  }

  /** URL of the database, for commands. */
  get url(): string {
    return String((this.source.options as { url?: string }).url);
  }

  get seal(): string {
    return this.infrastructure.seal;
  }

  async close(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.stop()));
    await Promise.all([this.#mailbox?.close(), this.nats.stop(), this.infrastructure.close()]);
  }
}
