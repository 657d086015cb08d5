import { connect } from '@nats-io/transport-node';
import { type NatsSettings, natsOptions, redactedNatsUrl } from './nats-connection.js';
import { NatsRequester, NatsUnavailableError } from './nats-requester.js';

/** Milliseconds that a command waits for the bus to answer it. */
const CONNECT_TIMEOUT_MS = 5000;

/** A requester for a command, which does not wait for a bus that is away. Throws BusDown with a sentence. */
export async function connectNatsOnce(settings: NatsSettings, name: string): Promise<NatsRequester> {
  const options = {
    ...natsOptions(settings, name),
    waitOnFirstConnect: false,
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
  };
  const connection = await connect(options).catch((cause: Error) => {
    throw new NatsUnavailableError(`the bus at ${redactedNatsUrl(settings)} cannot be reached: ${cause.message}`, {
      cause,
    });
  });
  const requester = new NatsRequester(connection, `_INBOX_${name}`);
  await requester.heard();
  return requester;
}
