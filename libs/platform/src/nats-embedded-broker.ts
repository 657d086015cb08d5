import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Logger } from './logger.js';
import { BrokerClient, type ClientRules } from './nats-embedded-broker-client.js';
import { Router } from './nats-embedded-broker-router.js';

/** What an embedded broker needs to know. */
export interface EmbeddedBroker {
  /** A free port is taken when there is none. */
  readonly port?: number;
  /** Whom alone it serves. */
  readonly user: string;
  readonly password: string;
  /** Bytes of one message. */
  readonly maxPayload?: number;
  /** Bytes that may wait for a client that does not read. */
  readonly maxPending?: number;
  /** Milliseconds that a client may take to say who it is. */
  readonly authTimeoutMs?: number;
  readonly logger?: Logger;
}

/** An embedded broker that accepts connections on the loopback interface. */
export interface RunningBroker {
  readonly url: string;
  /** Lets every client hear what was for it, then closes. */
  readonly stop: () => Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts a broker in this process that speaks NATS's client protocol, for machines without a nats-server. It is for
 * trying out: one user, no TLS, no cluster, no streams. Resolves once it accepts connections.
 */
export async function startEmbeddedBroker(options: EmbeddedBroker): Promise<RunningBroker> {
  const { logger = new Logger('broker') } = options;
  const clients = new Set<BrokerClient>();
  const rules = rulesOf(options, logger);
  const info = { ...INFO, server_id: randomUUID(), max_payload: rules.maxPayload };
  let count = 0;
  const server = createServer((socket) => {
    const client = new BrokerClient(socket, rules);
    clients.add(client);
    socket.once('close', () => clients.delete(client));
    client.say(`INFO ${JSON.stringify({ ...info, port: socket.localPort, client_id: ++count })}`);
  });
  const port = await listen(server, options.port ?? 0);
  server.on('error', (error) => logger.fault('a client could not be let in', error));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const client of clients) client.leave();
    });
  return { url: `nats://${HOST}:${port}`, stop };
}

/** The version is that of the protocol: clients judge by it what they may use. */
const INFO = {
  server_name: 'gatehouse-embedded',
  version: '2.10.0',
  proto: 1,
  host: HOST,
  headers: true,
  auth_required: true,
};

function rulesOf(options: EmbeddedBroker, logger: Logger): ClientRules {
  const { user, password, maxPayload = 2 ** 20, maxPending = 2 ** 26, authTimeoutMs = 2000 } = options;
  const expected = digest({ user, pass: password });
  return {
    router: new Router(),
    isWelcome: (credentials) => timingSafeEqual(digest(credentials), expected),
    ...{ maxPayload, maxPending, authTimeoutMs },
    report: (reason) => logger.warn(`a client was shown the door: ${reason}`),
  };
}

const digest = ({ user, pass }: { user: string; pass: string }) =>
  createHash('sha256')
    .update(JSON.stringify([user, pass]))
    .digest();

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
