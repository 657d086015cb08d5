import type { Socket } from 'node:net';
import { z } from 'zod';
import { type Command, CommandParser, ProtocolViolation, type Publication } from './nats-embedded-broker-parser.js';
import { isLiteral, isSubject, type Receiver, type Router, type Subscription } from './nats-embedded-broker-router.js';

/** What the broker lets one client do. */
export interface ClientRules {
  readonly router: Router;
  readonly isWelcome: (credentials: { readonly user: string; readonly pass: string }) => boolean;
  /** Bytes of one message. */
  readonly maxPayload: number;
  /** Bytes that may wait for a client that does not read. */
  readonly maxPending: number;
  /** Milliseconds that a client may take to say who it is. */
  readonly authTimeoutMs: number;
  /** Called with why a client was shown the door. */
  readonly report: (reason: string) => void;
}

/** Milliseconds that a client may take to read the last words. */
const LINGER_MS = 1000;

const connectOptions = z.object({
  verbose: z.boolean().default(true),
  pedantic: z.boolean().default(true),
  echo: z.boolean().default(true),
  headers: z.boolean().default(false),
  no_responders: z.boolean().default(false),
  user: z.string().default(''),
  pass: z.string().default(''),
});

interface Heard extends Subscription {
  delivered: number;
  /** Messages after which it ends; 0 for none. */
  max: number;
}

/** Nobody is there to answer: a message with the status 503 and nothing else. */
const NOBODY = Buffer.from('NATS/1.0 503\r\n\r\n\r\n');

/** One connection to the broker: what its client says is done, and what it is to hear is written in as few pieces as possible. */
export class BrokerClient implements Receiver {
  private options = connectOptions.parse({});
  private readonly subscriptions = new Map<string, Heard>();
  private readonly parser: CommandParser;
  private readonly deadline: NodeJS.Timeout;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private leaving = false;

  constructor(
    private readonly socket: Socket,
    private readonly rules: ClientRules,
  ) {
    this.parser = new CommandParser(rules.maxPayload, (command) => this.take(command));
    this.deadline = setTimeout(() => this.refuse('Authentication Timeout'), rules.authTimeoutMs);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.hear(chunk));
    // A broken connection is closed as well, and that is all there is to do about it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.forget());
  }

  get echo(): boolean {
    return this.options.echo;
  }

  /** Says something outside of any message. */
  say(line: string): void {
    this.send(Buffer.from(`${line}\r\n`));
  }

  deliver({ sid }: Subscription, { subject, reply, headerLength, body }: Publication): void {
    const subscription = this.subscriptions.get(sid);
    if (!subscription) return;
    const to = reply === undefined ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
    const size = body.length - 2;
    if (headerLength > 0 && this.options.headers) {
      this.send(Buffer.from(`HMSG ${to} ${headerLength} ${size}\r\n`, 'latin1'), body);
    } else {
      this.send(Buffer.from(`MSG ${to} ${size - headerLength}\r\n`, 'latin1'), body.subarray(headerLength));
    }
    if (++subscription.delivered === subscription.max) this.end(subscription);
  }

  /** Writes what waits, then closes; whoever does not read it in time is cut off. */
  leave(): void {
    if (this.leaving) return;
    this.flush();
    this.forget();
    this.socket.end();
    const cut = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once('close', () => clearTimeout(cut));
  }

  private hear(chunk: Buffer) {
    // Read on to the end, or the system would throw the last words away.
    if (this.leaving) return;
    try {
      this.parser.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.refuse(error.message);
    }
  }

  private take(command: Command) {
    switch (command.op) {
      case 'CONNECT':
        this.connect(command.options);
        return this.done();
      case 'PING':
        return this.say('PONG');
      case 'PONG':
        return;
      case 'SUB':
        return isSubject(command.subject) ? this.subscribe(command) : this.say(`-ERR 'Invalid Subject'`);
      case 'UNSUB':
        return this.unsubscribe(command);
      case 'PUB':
        return this.options.pedantic && !isLiteral(command.subject)
          ? this.say(`-ERR 'Invalid Publish Subject'`)
          : this.publish(command);
    }
  }

  private done() {
    if (this.options.verbose) this.say('+OK');
  }

  private connect(text: string) {
    const options = connectOptions.safeParse(json(text));
    if (!options.success) throw new ProtocolViolation('Unknown Protocol Operation');
    if (!this.rules.isWelcome(options.data)) throw new ProtocolViolation('Authorization Violation');
    if (options.data.no_responders && !options.data.headers)
      throw new ProtocolViolation('no responders requires headers support');
    clearTimeout(this.deadline);
    this.options = options.data;
  }

  private subscribe({ sid, subject, queue }: Extract<Command, { op: 'SUB' }>) {
    if (!this.subscriptions.has(sid)) {
      const subscription = { receiver: this, sid, subject, queue, delivered: 0, max: 0 };
      this.subscriptions.set(sid, subscription);
      this.rules.router.add(subscription);
    }
    this.done();
  }

  private unsubscribe({ sid, max }: Extract<Command, { op: 'UNSUB' }>) {
    const subscription = this.subscriptions.get(sid);
    if (subscription) {
      subscription.max = max;
      if (subscription.delivered >= max) this.end(subscription);
    }
    this.done();
  }

  private publish(message: Publication) {
    if (message.headerLength > 0 && !this.options.headers) throw new ProtocolViolation('Message Headers Not Supported');
    this.done();
    const { reply: subject } = message;
    if (this.rules.router.publish(message, this) || subject === undefined || !this.options.no_responders) return;
    const asker = this.rules.router.find(subject, this);
    const answer = { subject, reply: undefined, headerLength: NOBODY.length - 2, body: NOBODY };
    if (asker) this.deliver(asker, answer);
  }

  private end(subscription: Heard) {
    this.subscriptions.delete(subscription.sid);
    this.rules.router.remove(subscription);
  }

  private send(...pieces: readonly Buffer[]) {
    if (this.leaving) return;
    if (this.waiting.length === 0) setImmediate(() => this.flush());
    for (const piece of pieces) {
      this.waiting.push(piece);
      this.waitingBytes += piece.length;
    }
    if (this.waitingBytes + this.socket.writableLength <= this.rules.maxPending) return;
    this.rules.report('Slow Consumer');
    this.socket.destroy();
    this.forget();
  }

  private flush() {
    if (this.waiting.length === 0) return;
    this.socket.write(Buffer.concat(this.waiting, this.waitingBytes));
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private refuse(reason: string) {
    this.rules.report(reason);
    this.say(`-ERR '${reason}'`);
    this.leave();
  }

  private forget() {
    this.leaving = true;
    this.waiting = [];
    this.waitingBytes = 0;
    clearTimeout(this.deadline);
    for (const subscription of this.subscriptions.values()) this.rules.router.remove(subscription);
    this.subscriptions.clear();
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
