import { connect, createInbox } from '@nats-io/transport-node';
import { Bus, BusDownError, type BusServer, type PublisherSettings } from './bus.js';
import type { Logger } from './logger.js';
import {
  checkSubscriptions,
  connectNats,
  inboxPrefixOf,
  type NatsSettings,
  natsAddress,
  natsOptions,
} from './nats-connection.js';
import { NatsJsonServer } from './nats-json-server.js';
import { NatsPublisher } from './nats-publisher.js';
import { NatsRequester } from './nats-requester.js';

/** Milliseconds that a command waits for the connection to NATS. */
const DIAL_MS = 5000;

/** The bus of processes that run separately: one or more NATS servers. */
export class NatsBus extends Bus {
  constructor(private readonly settings: NatsSettings) {
    super();
  }

  get address(): string {
    return natsAddress(this.settings);
  }

  async openRequester(client: string, logger?: Logger): Promise<NatsRequester> {
    const requester = new NatsRequester(await connectNats(this.settings, client, logger), inboxPrefixOf(client));
    await requester.ready();
    return requester;
  }

  async openPublisher(client: string, settings: PublisherSettings, logger?: Logger): Promise<NatsPublisher> {
    const connection = await connectNats(this.settings, client, logger);
    // JetStream sends its confirmations to an inbox. A user who may not subscribe to this inbox would wait for each
    // confirmation until the time-out, so the permission is checked now.
    const inbox = connection.subscribe(createInbox(inboxPrefixOf(client)));
    await checkSubscriptions(connection, [inbox]);
    inbox.unsubscribe();
    return new NatsPublisher(connection, settings);
  }

  createServer(client: string, drainMs?: number): BusServer {
    return new NatsJsonServer(natsOptions(this.settings, client), drainMs);
  }

  /**
   * Opens a requester for a command of the operator. Throws BusDownError when the server cannot be reached, instead of
   * waiting for the server.
   */
  async dial(client: string): Promise<NatsRequester> {
    const options = natsOptions(this.settings, client);
    const once = { ...options, waitOnFirstConnect: false, reconnect: false, timeout: DIAL_MS };
    const connection = await connect(once).catch((cause: Error) => {
      throw new BusDownError(`the bus at ${this.address} cannot be reached: ${cause.message}`, { cause });
    });
    const requester = new NatsRequester(connection, inboxPrefixOf(client));
    await requester.ready();
    return requester;
  }
}
