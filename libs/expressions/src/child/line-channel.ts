const NEWLINE = 10;
const SPACE = 32;
const CHUNK = 65_536;
const END = Buffer.from('\n');

/** Exchanges lines with the parent process. All calls are synchronous, because Python blocks the event loop. */
export class LineChannel {
  private rest = Buffer.alloc(0);
  private readonly chunk = Buffer.alloc(CHUNK);

  constructor(
    private readonly read: (buffer: Buffer) => number,
    private readonly write: (bytes: Uint8Array) => number,
  ) {}

  /** Waits for the next line and returns it without its newline. Returns undefined if the parent process has exited. */
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

  /**
   * Sends a line. Newlines in the body are replaced by spaces: Python may write any bytes, and the parent process would
   * take a second line as the reply to its next task.
   */
  send(kind: string, body: Uint8Array): void {
    const line = Buffer.concat([Buffer.from(kind), body, END]);
    const last = line.length - 1;
    for (let at = line.indexOf(NEWLINE); at < last; at = line.indexOf(NEWLINE, at)) line[at] = SPACE;
    let pending: Uint8Array = line;
    while (pending.length > 0) pending = pending.subarray(this.write(pending));
  }
}
