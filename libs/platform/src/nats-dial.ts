import { connect } from '@nats-io/transport-node';
import { BusDownError } from './bus.js';
import { inboxPrefixOf, type NatsSettings, natsAddress, natsOptions } from './nats-connection.js';
import { NatsRequester } from './nats-requester.js';

/** Milliseconds that a command of an operator waits for the connection to NATS. */
const DIAL_MS = 5000;

/**
 * Opens a requester for a command of an operator. Does not wait until NATS is up: throws BusDownError if the server
 * cannot be reached, or refuses the requester's inbox. This is not a method of NatsBus, so that commands need not load
 * Nest's microservices.
 */
export async function dialNats(settings: NatsSettings, client: string): Promise<NatsRequester> {
  const options = natsOptions(settings, client);
  const once = { ...options, waitOnFirstConnect: false, reconnect: false, timeout: DIAL_MS };
  const connection = await connect(once).catch((cause: Error) => {
    throw new BusDownError(`the bus at ${natsAddress(settings)} cannot be reached: ${cause.message}`, { cause });
  });
  const requester = new NatsRequester(connection, inboxPrefixOf(client));
  await requester.subscriptions.check().catch(async (cause: Error) => {
    await requester.close();
    throw new BusDownError(cause.message, { cause });
  });
  return requester;
}
