/** Bytes of one control line, as nats-server has it. */
const MAX_CONTROL_LINE = 4096;

const [LF, CR] = [10, 13];

/** A message on its way. The body starts with its headers and keeps its final CRLF, as it is passed on with one. */
export interface Publication {
  readonly subject: string;
  readonly reply: string | undefined;
  /** Bytes of `body` that are headers. */
  readonly headerLength: number;
  readonly body: Buffer;
}

/** What a client says. */
export type Command =
  | { readonly op: 'CONNECT'; readonly options: string }
  | { readonly op: 'PING' | 'PONG' }
  | { readonly op: 'SUB'; readonly subject: string; readonly queue: string | undefined; readonly sid: string }
  | { readonly op: 'UNSUB'; readonly sid: string; readonly max: number }
  | ({ readonly op: 'PUB' } & Publication);

/** Why a client is shown the door, in nats-server's own words. */
export class ProtocolViolation extends Error {}

/** A publication whose body is not complete. */
interface Awaited extends Omit<Publication, 'body'> {
  /** Bytes of the body with its final CRLF. */
  readonly size: number;
  /** Made when the body does not come in one piece. */
  body?: Buffer;
  filled: number;
}

/** NATS's client protocol, read from chunks that are cut anywhere. Every byte is looked at once and copied at most once. */
export class CommandParser {
  private readonly line = Buffer.allocUnsafe(MAX_CONTROL_LINE);
  private lineLength = 0;
  private awaited: Awaited | undefined;
  private greeted = false;

  constructor(
    private readonly maxPayload: number,
    private readonly take: (command: Command) => void,
  ) {}

  /** Reads on. Throws ProtocolViolation, after everything before it has been taken. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at += this.awaited ? this.readBody(this.awaited, chunk.subarray(at)) : this.readLine(chunk.subarray(at));
    }
  }

  /** Takes the rest of a line from `chunk`; how many bytes of it. */
  private readLine(chunk: Buffer): number {
    const end = chunk.indexOf(LF);
    const length = end < 0 ? chunk.length : end;
    if (this.lineLength + length > MAX_CONTROL_LINE) throw new ProtocolViolation('maximum control line exceeded');
    if (end >= 0 && this.lineLength === 0) {
      this.interpret(chunk.toString('latin1', 0, length));
      return length + 1;
    }
    chunk.copy(this.line, this.lineLength, 0, length);
    this.lineLength += length;
    if (end < 0) return length;
    const line = this.line.toString('latin1', 0, this.lineLength);
    this.lineLength = 0;
    this.interpret(line);
    return length + 1;
  }

  /** Takes the rest of a body from `chunk`; how many bytes of it. */
  private readBody(awaited: Awaited, chunk: Buffer): number {
    const { size, filled, subject, reply, headerLength } = awaited;
    const part = chunk.subarray(0, size - filled);
    let body = part;
    if (part.length < size) {
      body = awaited.body ??= Buffer.allocUnsafe(size);
      part.copy(body, filled);
      awaited.filled += part.length;
      if (awaited.filled < size) return part.length;
    }
    if (body[size - 2] !== CR || body[size - 1] !== LF) throw unknown();
    this.awaited = undefined;
    this.take({ op: 'PUB', subject, reply, headerLength, body });
    return part.length;
  }

  private interpret(ended: string) {
    const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
    const [name = '', ...args] = line.split(/[ \t]+/);
    const op = name.toUpperCase();
    // A stranger's bytes are not even kept.
    if (!this.greeted && op !== 'CONNECT') throw new ProtocolViolation('Authorization Violation');
    this.greeted = true;
    if (op === 'PUB') this.awaited = publication(args, this.maxPayload);
    else if (op === 'HPUB') this.awaited = publicationWithHeaders(args, this.maxPayload);
    else this.take(commandOf(op, args, line));
  }
}

const unknown = () => new ProtocolViolation('Unknown Protocol Operation');

function commandOf(op: string, args: readonly string[], line: string): Command {
  switch (op) {
    case 'CONNECT':
      return { op, options: Buffer.from(line.slice(op.length), 'latin1').toString() };
    case 'PING':
    case 'PONG':
      return { op };
    case 'SUB': {
      const [subject, queue, sid] = args.length === 2 ? [args[0], undefined, args[1]] : args;
      if (!subject || !sid || args.length > 3) throw unknown();
      return { op, subject, queue, sid };
    }
    case 'UNSUB': {
      const [sid, max = '0'] = args;
      if (!sid || args.length > 2) throw unknown();
      return { op, sid, max: count(max) };
    }
    default:
      throw unknown();
  }
}

function publication(args: readonly string[], maxPayload: number): Awaited {
  const [subject, reply, size] = args.length === 2 ? [args[0], undefined, args[1]] : args;
  if (!subject || args.length > 3) throw unknown();
  return { subject, reply, headerLength: 0, size: bounded(count(size), maxPayload), filled: 0 };
}

function publicationWithHeaders(args: readonly string[], maxPayload: number): Awaited {
  const headerLength = count(args.at(-2));
  const { size, ...head } = publication(args.toSpliced(-2, 1), maxPayload);
  if (headerLength > size - 2) throw unknown();
  return { ...head, size, headerLength };
}

function count(text = ''): number {
  if (!/^\d{1,9}$/.test(text)) throw unknown();
  return Number(text);
}

function bounded(size: number, maxPayload: number): number {
  if (size > maxPayload) throw new ProtocolViolation('Maximum Payload Violation');
  return size + 2;
}
