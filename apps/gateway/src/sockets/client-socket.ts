import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Close codes (RFC 6455 §7.4.1). */
export const CLOSE = { normal: 1000, goingAway: 1001, unsupported: 1003, policy: 1008 } as const;

/**
 * Maximum number of bytes that a client may send on one WebSocket. Pages send only answers to pings, of some 6 bytes
 * each.
 */
export const MAX_INBOUND_BYTES = 16 * 1024;

interface SocketOptions {
  /** Maximum number of bytes that may wait to be sent to the client. */
  readonly queueBytes: number;
  /** Milliseconds between two pings. The WebSocket ends if its client has not answered a ping before the next one. */
  readonly idleMs: number;
  /** Milliseconds after which the WebSocket ends. */
  readonly lifetimeMs: number;
  readonly now: number;
}

/** An open WebSocket of a page. It only sends messages: data from the client is ignored, and its size limited. */
export class ClientSocket {
  private pingAt: number;
  private readonly endsAt: number;
  private isAnswered = true;
  private received = 0;

  /** `stream` is the connection below `ws`. */
  constructor(
    private readonly ws: WebSocket,
    stream: Duplex,
    private readonly options: SocketOptions,
  ) {
    const { now, idleMs, lifetimeMs } = options;
    this.pingAt = now + idleMs;
    this.endsAt = now + lifetimeMs;
    ws.on('message', (_data, isBinary) => isBinary && this.close(CLOSE.unsupported));
    ws.on('pong', () => (this.isAnswered = true));
    // The library closes the WebSocket after an invalid frame, with the code that RFC 6455 demands.
    ws.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => this.receive(chunk.length));
  }

  /** Sends a text. If too many bytes wait for the client already, ends the connection and returns false. */
  send(text: string): boolean {
    if (this.ws.bufferedAmount + Buffer.byteLength(text) > this.options.queueBytes) {
      this.ws.terminate();
      return false;
    }
    this.ws.send(text);
    return true;
  }

  /**
   * Ends the WebSocket at the end of its lifetime, or if the client has not answered the last ping. Sends the next ping
   * if it is due.
   */
  check(now: number): void {
    if (now >= this.endsAt) return this.close(CLOSE.normal);
    if (now < this.pingAt) return;
    if (!this.isAnswered) return this.ws.terminate();
    this.isAnswered = false;
    this.pingAt = now + this.options.idleMs;
    this.ws.ping();
  }

  /** Starts the closing handshake, which has a time limit. */
  close(code: (typeof CLOSE)[keyof typeof CLOSE]): void {
    this.ws.close(code);
  }

  /** Ends the connection without a handshake. */
  terminate(): void {
    this.ws.terminate();
  }

  private receive(bytes: number): void {
    this.received += bytes;
    if (this.received > MAX_INBOUND_BYTES) this.close(CLOSE.policy);
  }
}
