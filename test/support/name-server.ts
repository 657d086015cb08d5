import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet';

/** A name server on 127.0.0.1 that knows the IPv4 addresses of one service, as the DNS of Docker does. */
export class NameServer {
  readonly #socket = createSocket('udp4');

  /** @param addresses The addresses of every name. A test can replace them. */
  constructor(public addresses: readonly string[]) {
    this.#socket.on('message', (message, { port, address }) => {
      const { id, questions = [] } = decode(message);
      const answers = questions
        .filter(({ type }) => type === 'A')
        .flatMap(({ name }) => this.addresses.map((data) => ({ type: 'A' as const, name, ttl: 1, data })));
      const answer = encode({ type: 'response', id: id ?? 0, flags: AUTHORITATIVE_ANSWER, questions, answers });
      this.#socket.send(answer, port, address);
    });
  }

  async listen(port: number): Promise<void> {
    this.#socket.bind(port, '127.0.0.1');
    await once(this.#socket, 'listening');
  }

  close(): void {
    this.#socket.close();
  }
}
