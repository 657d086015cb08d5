const NEWLINE = 10;
const CHUNK = 65_536;
const END = Buffer.from('\n');

/** Exchanges lines with the parent process synchronously, because Python blocks the event loop. */
export class LineChannel {
  private rest = Buffer.alloc(0);
  private readonly chunk = Buffer.alloc(CHUNK);

  constructor(
    private readonly read: (buffer: Buffer) => number,
    private readonly write: (bytes: Uint8Array) => number,
  ) {}

  /**
   * Waits for the next line and returns it without its newline. Returns undefined when the parent process has exited.
   */
  next(): Buffer | undefined {
    let end = this.rest.indexOf(NEWLINE);
    while (end < 0) {
      const length = this.read(this.chunk);
      if (length === 0) return undefined;
      const searched = this.rest.length;
      this.rest = Buffer.concat([this.rest, this.chunk.subarray(0, length)]);
      end = this.rest.indexOf(NEWLINE, searched);
    }
    const line = this.rest.subarray(0, end);
    this.rest = this.rest.subarray(end + 1);
    return line;
  }

  send(kind: string, body: Uint8Array): void {
    let pending: Uint8Array = Buffer.concat([Buffer.from(kind), body, END]);
    while (pending.length > 0) pending = pending.subarray(this.write(pending));
  }
}
