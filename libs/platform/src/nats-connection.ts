import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from './logger.js';

export interface NatsSettings {
  readonly NATS_URL: string;
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD?: string | undefined;
}

/** How every process of the house speaks to NATS: it comes back for ever, and starts without waiting for a perfect world. */
export function natsOptions(settings: NatsSettings, name: string) {
  return {
    servers: settings.NATS_URL.split(','),
    // Without it the client would go on in plain text where the server offers nothing else.
    ...(settings.NATS_URL.includes('tls://') ? { tls: {} } : {}),
    name,
    ...(settings.NATS_USER ? { user: settings.NATS_USER, pass: settings.NATS_PASSWORD ?? '' } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: true,
    noAsyncTraces: true,
    inboxPrefix: `_INBOX_${name}`,
  };
}

/** Where the bus is, without the secrets that an address may hold: for the log. */
export const redactedNatsUrl = ({ NATS_URL }: NatsSettings): string =>
  NATS_URL.split(',')
    .map((server) => server.slice(server.lastIndexOf('@') + 1))
    .join(', ');

/** A connection of a process that only asks; that it was lost, or is back, is logged. */
export async function connectNats(
  settings: NatsSettings,
  name: string,
  logger: Logger = new Logger(name),
): Promise<NatsConnection> {
  logger.log(`connecting to the bus at ${redactedNatsUrl(settings)}`);
  const connection = await connect(natsOptions(settings, name));
  void logConnectionState(connection, logger);
  return connection;
}

async function logConnectionState(connection: NatsConnection, logger: Logger) {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') logger.warn('bus lost');
    else if (type === 'reconnect') logger.log('bus back');
  }
}
