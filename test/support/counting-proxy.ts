import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Returns whether a message of a client is the first one that the proxy drops. Messages are counted from 1. */
type IsLast = (message: Buffer, number: number) => boolean;

/** A proxy in front of Postgres that counts the messages of clients, and can drop all messages from a given one on. */
export class CountingProxy {
  readonly #open = new Set<Socket>();
  readonly #server: Server;
  #count = 0;
  #isOver = false;
  #isLast: IsLast = () => false;
  #onLast = () => {};

  private constructor(private readonly target: URL) {
    this.#server = createServer((client) => this.#serve(client));
  }

  /** Starts a proxy in front of the database at `url`. */
  static async start(url: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(new URL(url));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The URL of the database through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Messages that clients have sent since `restart`. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts from 0 again. The proxy drops the first message that `isLast` accepts and all later ones, and calls `onLast`.
   * By default, it forwards everything.
   */
  restart(isLast: IsLast = () => false, onLast = () => {}): void {
    [this.#count, this.#isOver, this.#isLast, this.#onLast] = [0, false, isLast, onLast];
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const database = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, database]) {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket)).on('error', () => {});
    }
    database.pipe(client);
    client.on('data', (message) => this.#forward(message, database));
    client.once('close', () => database.destroy());
  }

  #forward(message: Buffer, database: Socket): void {
    this.#count += 1;
    if (this.#isOver) return;
    this.#isOver = this.#isLast(message, this.#count);
    if (this.#isOver) this.#onLast();
    else database.write(message);
  }
}
