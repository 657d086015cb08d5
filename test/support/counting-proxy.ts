import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

type IsLast = (message: Buffer, number: number) => boolean;

/** A proxy in front of Postgres that counts what a client sends. */
export interface CountingProxy {
  /** The URL of the database through the proxy. */
  readonly url: string;
  /** Messages that clients have sent since `restart`. */
  readonly sent: () => number;
  /**
   * Counts from 0 again. The proxy drops the first message that `isLast` accepts and all later ones, and calls `onLast`.
   * By default, it forwards everything.
   */
  readonly restart: (isLast?: IsLast, onLast?: () => void) => void;
  readonly close: () => Promise<void>;
}

/** Starts a proxy in front of the database at `url`. */
export async function startCountingProxy(url: string): Promise<CountingProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  let count = 0;
  let isOver = false;
  let isLast: IsLast = () => false;
  let onLast = () => {};
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    for (const socket of [client, database]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket)).on('error', () => {});
    }
    database.pipe(client);
    client.on('data', (message) => {
      count += 1;
      if (isOver) return;
      isOver = isLast(message, count);
      if (isOver) onLast();
      else database.write(message);
    });
    client.once('close', () => database.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxied = new URL(url);
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    sent: () => count,
    restart: (accepts = () => false, call = () => {}) => {
      [count, isOver, isLast, onLast] = [0, false, accepts, call];
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
