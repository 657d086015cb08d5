const NEWLINE = 10;
const CHUNK = 65_536;
const END = Buffer.from('\n');

/** Lines from and to the parent, waited for: while Python runs nothing else can happen in this process. */
export class LineChannel {
  private rest = Buffer.alloc(0);
  private readonly chunk = Buffer.alloc(CHUNK);

  constructor(
    private readonly read: (buffer: Buffer) => number,
    private readonly write: (bytes: Uint8Array) => number,
  ) {}

  /** The next line without its end; undefined when the parent is gone. */
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
    let left: Uint8Array = Buffer.concat([Buffer.from(kind), body, END]);
    while (left.length > 0) left = left.subarray(this.write(left));
  }
}
