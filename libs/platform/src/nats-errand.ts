import { connect } from '@nats-io/transport-node';
import { busOf, type NatsSettings, natsOptions } from './nats-connection.js';
import { BusDown, NatsRequester } from './nats-requester.js';

/** Milliseconds that a command waits for the bus to answer it. */
const DIAL_MS = 5000;

/** A requester for a command, which does not wait for a bus that is away. Throws BusDown with a sentence. */
export async function dialNats(settings: NatsSettings, name: string): Promise<NatsRequester> {
  const options = { ...natsOptions(settings, name), waitOnFirstConnect: false, reconnect: false, timeout: DIAL_MS };
  const connection = await connect(options).catch((cause: Error) => {
    throw new BusDown(`the bus at ${busOf(settings)} cannot be reached: ${cause.message}`, { cause });
  });
  const requester = new NatsRequester(connection, `_INBOX_${name}`);
  await requester.heard();
  return requester;
}
