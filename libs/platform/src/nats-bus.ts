import { createInbox, type NatsConnection } from '@nats-io/transport-node';
import { Bus, type BusServer, type PublisherSettings } from './bus.js';
import { natsConfig } from './config.js';
import { Logger } from './logger.js';
import {
  connectNats,
  inboxPrefixOf,
  type NatsSettings,
  natsAddress,
  natsOptions,
  waitForSubscriptions,
} from './nats-connection.js';
import { NatsJsonServer } from './nats-json-server.js';
import { NatsPublisher } from './nats-publisher.js';
import { NatsRequester } from './nats-requester.js';
import { NatsRoundTrip } from './nats-round-trip.js';
import { NatsSubscriptions } from './nats-subscriptions.js';
import { Readiness } from './readiness.js';

interface OpenConnection {
  readonly connection: NatsConnection;
  readonly client: string;
  readonly logger: Logger;
  readonly subscriptions: NatsSubscriptions;
}

/** The bus for processes that run separately: one or more NATS servers. */
export class NatsBus extends Bus {
  /**
   * If `readiness` is given, the process is ready only while NATS accepts all subscriptions of this bus and delivers
   * its messages to itself.
   */
  constructor(
    private readonly settings: NatsSettings,
    private readonly readiness: Readiness = new Readiness(),
  ) {
    super();
  }

  get address(): string {
    return natsAddress(this.settings);
  }

  async openRequester(client: string, logger = new Logger()): Promise<NatsRequester> {
    const { readiness } = this;
    const connection = await connectNats(this.settings, client, { readiness, logger });
    const { NATS_LOST_REPLY_MS: lostReplyMs } = natsConfig.parse(this.settings);
    const requester = new NatsRequester(connection, inboxPrefixOf(client), { logger, lostReplyMs });
    await this.#require({ connection, client, logger, subscriptions: requester.subscriptions });
    return requester;
  }

  async openPublisher(client: string, settings: PublisherSettings, logger = new Logger()): Promise<NatsPublisher> {
    const { readiness } = this;
    const connection = await connectNats(this.settings, client, { readiness, logger });
    // JetStream sends its confirmations to the publisher's inbox. Without the permission to subscribe to it, no
    // confirmation would arrive, so this permission is checked at the start.
    const subscriptions = new NatsSubscriptions(connection, logger);
    subscriptions.add(createInbox(inboxPrefixOf(client)), () => undefined);
    await this.#require({ connection, client, logger, subscriptions });
    return new NatsPublisher(connection, settings);
  }

  /**
   * Waits until the server has accepted the subscriptions. From then on, the process is ready only while the server
   * accepts them and delivers a message from this process to itself.
   */
  async #require({ connection, client, logger, subscriptions }: OpenConnection): Promise<void> {
    const { readiness } = this;
    await waitForSubscriptions(subscriptions, readiness);
    const roundTrip = new NatsRoundTrip(connection, natsOptions(this.settings, client), logger);
    readiness.require('bus', async () => (await roundTrip.completes(readiness.timeoutMs)) && subscriptions.accepted);
  }

  createServer(client: string, drainMs?: number): BusServer {
    const { readiness } = this;
    const server = new NatsJsonServer(natsOptions(this.settings, client), { readiness, drainMs });
    readiness.require('bus', () => server.isReady());
    return server;
  }
}
