import {
  connect,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  type Server,
  type Subscription,
} from '@nats-io/transport-node';
import { ConfigError, natsConfig } from './config.js';
import { Logger } from './logger.js';

/** The servers and the user of a NATS client. Times are in milliseconds. */
export interface NatsSettings {
  readonly NATS_URL: string;
  readonly NATS_NKEY_SEED?: string | undefined;
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD?: string | undefined;
  readonly NATS_PING_INTERVAL_MS?: number | undefined;
  readonly NATS_CONNECT_TIMEOUT_MS?: number | undefined;
}

/** Number of pings without an answer after which the client gives a connection up. */
const MAX_UNANSWERED_PINGS = 2;

/**
 * Returns the options of every NATS client: the client waits for the server at the start and reconnects without limit,
 * also from a server that hangs. Throws ConfigError for credentials that cannot be used.
 */
export function natsOptions(settings: NatsSettings, name: string) {
  const config = natsConfig.parse(settings);
  return {
    servers: config.NATS_URL.split(','),
    // Without this the client would fall back to plain text when the server offers no TLS.
    ...(config.NATS_URL.includes('tls://') ? { tls: {} } : {}),
    name,
    ...credentialsOf(config),
    pingInterval: config.NATS_PING_INTERVAL_MS,
    maxPingOut: MAX_UNANSWERED_PINGS,
    timeout: config.NATS_CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // Tries the least recently tried server first. By default the client begins with the server that it has just lost,
    // and waits for a time-out if that server hangs.
    reconnectToServer: (servers: readonly Server[]) =>
      servers.reduce((oldest, server) => (server.lastConnect < oldest.lastConnect ? server : oldest)),
    waitOnFirstConnect: true,
    noAsyncTraces: true,
    inboxPrefix: inboxPrefixOf(name),
  };
}

function credentialsOf({ NATS_NKEY_SEED, NATS_USER, NATS_PASSWORD }: NatsSettings) {
  if (NATS_NKEY_SEED === undefined) return NATS_USER ? { user: NATS_USER, pass: NATS_PASSWORD ?? '' } : {};
  if (NATS_USER) throw new ConfigError('NATS_NKEY_SEED and NATS_USER are both set: set only one of them');
  const seed = new TextEncoder().encode(NATS_NKEY_SEED);
  try {
    nkeys.fromSeed(seed);
  } catch {
    throw new ConfigError('NATS_NKEY_SEED is not the seed of an nkey: it must be the whole text that begins with SU');
  }
  return { authenticator: nkeyAuthenticator(seed) };
}

/** Returns the prefix of a client's inboxes. The client's NATS user needs the permission to subscribe to them. */
export const inboxPrefixOf = (client: string): string => `_INBOX_${client}`;

/** Returns the addresses of the servers without user names and passwords, for the log. */
export const natsAddress = ({ NATS_URL }: NatsSettings): string =>
  NATS_URL.split(',')
    .map((server) => server.slice(server.lastIndexOf('@') + 1))
    .join(', ');

/** Opens a connection and logs whenever it is lost or restored. */
export async function connectNats(
  settings: NatsSettings,
  name: string,
  logger: Logger = new Logger(name),
): Promise<NatsConnection> {
  logger.log(`connecting to the bus at ${natsAddress(settings)}`);
  const connection = await connect(natsOptions(settings, name));
  void logStatus(connection, logger);
  return connection;
}

/**
 * Resolves when the server has accepted the subscriptions. Throws when the permissions of the user refuse one of them.
 */
export async function checkSubscriptions(connection: NatsConnection, subscriptions: readonly Subscription[]) {
  await connection.flush();
  const refused = subscriptions
    .filter((subscription) => subscription.isClosed())
    .map((subscription) => subscription.getSubject());
  if (refused.length > 0)
    throw new Error(`NATS refuses the subscriptions ${refused.join(', ')}: check this user's permissions`);
}

/** Returns whether the server answers now and has accepted the subscriptions. Has no time limit of its own. */
export async function isConnectionReady(connection: NatsConnection, subscriptions: readonly Subscription[]) {
  try {
    // The server reports refused subscriptions before it answers the flush.
    await connection.flush();
    return subscriptions.every((subscription) => !subscription.isClosed());
  } catch {
    return false;
  }
}

/**
 * Returns a promise that resolves with the reason when the server has refused this client for good. Otherwise the
 * promise never settles.
 */
export const refusalOf = (connection: NatsConnection): Promise<Error> =>
  connection.closed().then((reason) => reason ?? new Promise<never>(() => undefined));

async function logStatus(connection: NatsConnection, logger: Logger) {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') logger.warn('lost the connection to the bus');
    else if (type === 'reconnect') logger.log('restored the connection to the bus');
  }
}
