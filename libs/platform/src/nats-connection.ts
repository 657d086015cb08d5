import {
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
  nkeys,
  type Server,
} from '@nats-io/transport-node';
import { ConfigError, natsConfig } from './config.js';
import { Logger } from './logger.js';
import { reportNatsConnection } from './nats-connection.metrics.js';
import { type NatsSubscriptions, SubscriptionRefusedError } from './nats-subscriptions.js';
import { Readiness } from './readiness.js';

/** Addresses and user of a NATS client. Times are in milliseconds. */
export interface NatsSettings {
  readonly NATS_URL: string;
  readonly NATS_NKEY_SEED?: string | undefined;
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD?: string | undefined;
  readonly NATS_PING_INTERVAL_MS?: number | undefined;
  readonly NATS_CONNECT_TIMEOUT_MS?: number | undefined;
  readonly NATS_LOST_REPLY_MS?: number | undefined;
}

/** Number of unanswered pings after which the client closes the connection and tries another server. */
const MAX_UNANSWERED_PINGS = 2;

/**
 * Returns the options for a NATS client that waits for the server at the start, and reconnects without limit, also when
 * a server hangs. Throws ConfigError if the credentials cannot be used.
 */
export function natsOptions(settings: NatsSettings, name: string) {
  const config = natsConfig.parse(settings);
  return {
    servers: serversOf(config),
    // With this option, the client fails if the server offers no TLS, instead of falling back to plain text.
    ...(config.NATS_URL.includes('tls://') ? { tls: {} } : {}),
    name,
    ...credentialsOf(config),
    pingInterval: config.NATS_PING_INTERVAL_MS,
    maxPingOut: MAX_UNANSWERED_PINGS,
    timeout: config.NATS_CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // Try the server first that was not tried for the longest time. By default, the client first tries the server that
    // it has just lost, and waits for a time-out if that server hangs.
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

/** Returns the prefix of a client's inboxes. Its NATS user needs the permission to subscribe to them. */
export const inboxPrefixOf = (client: string): string => `_INBOX_${client}`;

/** Returns the addresses of the servers without user names and passwords, for the log. */
export const natsAddress = (settings: NatsSettings): string => serversOf(settings).join(', ');

/**
 * Returns the addresses of the servers without user names and passwords: the NATS client ignores them, but would take
 * digits of a password for the port. `natsConfig` refuses a password with a comma.
 */
const serversOf = ({ NATS_URL }: NatsSettings): string[] =>
  NATS_URL.split(',').map((server) => server.slice(server.lastIndexOf('@') + 1));

interface ConnectionContext {
  readonly readiness?: Readiness;
  readonly logger?: Logger;
}

/** Waits for the server and opens a connection. Logs whenever the connection is lost or restored. */
export async function connectNats(
  settings: NatsSettings,
  name: string,
  { readiness = new Readiness(), logger = new Logger() }: ConnectionContext = {},
): Promise<NatsConnection> {
  logger.event('bus_connecting', { address: natsAddress(settings) });
  const options = natsOptions(settings, name);
  await waitForNats(options, readiness);
  const connection = await connect(options);
  void logConnectionStatus(connection, logger);
  reportNatsConnection(connection);
  return connection;
}

/**
 * Resolves when a server accepts a connection with the user of `options`. Throws StartError if none does within
 * START_WAIT_S seconds. The first connection of the NATS client cannot be used for this: it waits without a limit, and
 * does not say why.
 */
export async function waitForNats(options: NodeConnectionOptions, readiness: Readiness): Promise<void> {
  const address = natsAddress({ NATS_URL: [options.servers ?? []].flat().join(',') });
  const once = { ...options, waitOnFirstConnect: false, reconnect: false };
  await readiness.waitFor(
    'bus',
    async () => (await connect(once)).close(),
    (error) => `NATS at ${address} accepts no connection: ${(error as Error).message}`,
  );
}

/**
 * Closes a connection when the server has received all sent messages, or when `limit` has resolved. The NATS client's
 * own `drain` is not enough, because it may never end: it waits for the next attempt to connect, and there is none
 * while DNS cannot resolve the name of a server.
 */
export async function drainAndClose(connection: NatsConnection, limit: Promise<void>): Promise<void> {
  await Promise.race([connection.drain(), limit]).catch(() => undefined);
  await connection.close();
}

/** Returns whether the server answers and has accepted the subscriptions. Has no time limit of its own. */
export async function isConnectionReady(connection: NatsConnection, subscriptions: NatsSubscriptions) {
  // The server reports refused subscriptions before it answers this flush.
  await connection.flush();
  return subscriptions.accepted;
}

/**
 * Resolves when the server has accepted the subscriptions. Throws StartError if that takes longer than START_WAIT_S
 * seconds.
 */
export const waitForSubscriptions = (subscriptions: NatsSubscriptions, readiness: Readiness): Promise<void> =>
  readiness.waitFor(
    'bus',
    () => subscriptions.check(),
    (error) => (error instanceof SubscriptionRefusedError ? error.message : undefined),
  );

/**
 * Returns a promise that resolves with the reason when the server has refused this client for good. Never settles
 * otherwise.
 */
export const refusalOf = (connection: NatsConnection): Promise<Error> =>
  connection.closed().then((reason) => {
    if (!reason) return new Promise<never>(() => undefined);
    return new ConfigError(`NATS refuses this user: ${reason.message}. Check its nkey or its password`);
  });

/** Logs whenever a connection is lost or restored. Resolves when it is closed. */
export async function logConnectionStatus(connection: NatsConnection, logger: Logger) {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') logger.event('bus_lost');
    else if (type === 'reconnect') logger.event('bus_restored');
  }
}
