import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy for a browser, which connects every https host to one port of this machine. */
export interface ConnectProxy {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts an HTTP proxy that answers CONNECT, whatever its host, with a tunnel to `port` on 127.0.0.1. */
export async function startConnectProxy(port: number): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('connect', (_, client: Socket) => {
    const upstream = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
