import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a gateway that can lose a response. */
export interface LossyProxy {
  readonly url: string;
  /** Number of POST requests that have reached the gateway. */
  readonly posts: () => number;
  /** Sets the port of 127.0.0.1 to which the proxy forwards new connections. */
  readonly leadTo: (port: number) => void;
  /** Passes on only the head of the gateway's response to the next POST, and then closes the connection. */
  readonly loseNextResponse: () => void;
  /** Passes on nothing of the gateway's response to the next POST, and closes the connection. */
  readonly dropNextResponse: () => void;
  readonly close: () => Promise<void>;
}

type Loss = 'body' | 'all';

interface State {
  target: number;
  posts: number;
  /** What happens to the response to the next POST. */
  loss: Loss | undefined;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startLossyProxy(): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  const state: State = { target: 0, posts: 0, loss: undefined };
  const server = createServer((client) => {
    for (const socket of relay(client, state)) sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: () => state.posts,
    leadTo: (port) => {
      state.target = port;
    },
    loseNextResponse: () => {
      state.loss = 'body';
    },
    dropNextResponse: () => {
      state.loss = 'all';
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Connects a client with the gateway. Returns both sockets. */
function relay(client: Socket, state: State): readonly Socket[] {
  const gateway = connect(state.target, '127.0.0.1');
  let loss: Loss | undefined;
  client.on('data', (chunk) => {
    if (chunk.toString('latin1').startsWith('POST ')) {
      state.posts++;
      loss = state.loss;
      state.loss = undefined;
    }
    gateway.write(chunk);
  });
  gateway.on('data', (chunk) => {
    if (!loss) return void client.write(chunk);
    // Passes on the head, unless the whole response is to be lost: Chromium repeats a request by itself if it gets no
    // byte of the response on a reused connection.
    const head = loss === 'body' ? chunk.indexOf('\r\n\r\n') + 4 : 0;
    client.end(chunk.subarray(0, head), () => client.destroy());
    return gateway.destroy();
  });
  client.on('error', () => gateway.destroy()).on('end', () => gateway.end());
  gateway.on('error', () => client.destroy()).on('end', () => client.end());
  return [client, gateway];
}
