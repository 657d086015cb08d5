import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Logger } from '../../libs/platform/src/logger.js';
import { startEmbeddedBroker } from '../../libs/platform/src/nats-embedded-broker.js';
import { type RunningNats, startNats } from './nats.js';

interface Limits {
  readonly port?: number;
  readonly maxPayload?: number;
  readonly maxPending?: number;
  readonly authTimeoutMs?: number;
}
export type StartBus = (limits?: Limits) => Promise<RunningNats>;

/** Who may enter the buses below. */
export const LOGIN = { user: 'house', password: 'p@ss "wörd"' };

/** A broker in this process. */
export const startEmbedded: StartBus = (limits) =>
  startEmbeddedBroker({ ...LOGIN, ...limits, logger: new Logger('broker', 'silent') });

/** A nats-server with the same limits. */
export const startReal: StartBus = ({
  port,
  maxPayload = 2 ** 20,
  maxPending = 2 ** 26,
  authTimeoutMs = 2000,
} = {}) => {
  const login = `user: ${LOGIN.user}, password: ${JSON.stringify(LOGIN.password)}, timeout: ${authTimeoutMs / 1000}`;
  const config = `authorization { ${login} }\nmax_payload: ${maxPayload}\nmax_pending: ${maxPending}`;
  return startNats({ config, ...(port === undefined ? {} : { port }) });
};

/** The line by which a client of the bus introduces itself. */
export function hello(options: object = {}): string {
  const modes = { verbose: false, pedantic: false, headers: true, no_responders: true };
  return `CONNECT ${JSON.stringify({ ...modes, user: LOGIN.user, pass: LOGIN.password, ...options })}\r\n`;
}

/** A bare connection that the bus has greeted. */
export async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  // A server that closes while it is still written to resets the connection.
  socket.on('error', () => undefined);
  await says(socket, 'INFO');
  return socket;
}

/** Resolves once the other side says `word`. */
export function says(socket: Socket, word: string): Promise<void> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (!said.includes(word)) return;
      socket.off('data', hear);
      resolve();
    };
    socket.on('data', hear);
  });
}

/** All that is said from now on until the connection is closed. */
export async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => void chunks.push(chunk));
  socket.resume();
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
