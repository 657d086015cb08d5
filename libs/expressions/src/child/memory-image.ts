interface Run {
  readonly start: number;
  readonly bytes: Uint8Array;
}

const PAGE_BYTES = 4096;
const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);
/** Byte between the header and the content of an encoded image. */
const NEWLINE = 10;

/** A copy of a memory. Pages that contain only zeros, half of Python's memory, are left out. */
export class MemoryImage {
  private constructor(
    /** The size of the copied memory in bytes. */
    readonly length: number,
    private readonly runs: readonly Run[],
  ) {}

  /** Returns an image of the present content of a memory. */
  static of(memory: Uint8Array): MemoryImage {
    const found = [...runsOf(memory)];
    const copy = new Uint8Array(found.reduce((total, { bytes }) => total + bytes.length, 0));
    let at = 0;
    const runs = found.map(({ start, bytes }) => {
      copy.set(bytes, at);
      const copied = copy.subarray(at, at + bytes.length);
      at += bytes.length;
      return { start, bytes: copied };
    });
    return new MemoryImage(memory.length, runs);
  }

  /** Returns the image in the result of `encode`, without copying the bytes. */
  static decode(encoded: Uint8Array): MemoryImage {
    const headerEnd = encoded.indexOf(NEWLINE);
    const header = JSON.parse(Buffer.from(encoded.subarray(0, headerEnd)).toString()) as Header;
    let at = headerEnd + 1;
    const runs = header.runs.map(([start, length]) => {
      const bytes = encoded.subarray(at, at + length);
      at += length;
      return { start, bytes };
    });
    return new MemoryImage(header.length, runs);
  }

  /** Returns the image in a format for files. */
  encode(): Buffer {
    const header: Header = { length: this.length, runs: this.runs.map(({ start, bytes }) => [start, bytes.length]) };
    return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...this.runs.map(({ bytes }) => bytes)]);
  }

  /** Returns a new memory with the content of the image. The omitted parts are zeros, as in any new memory. */
  toMemory(): Uint8Array {
    const memory = new Uint8Array(this.length);
    for (const { start, bytes } of this.runs) memory.set(bytes, start);
    return memory;
  }

  /** Overwrites a memory with the image. Parts that were left out become zeros. */
  restore(memory: Uint8Array): void {
    let end = 0;
    for (const { start, bytes } of this.runs) {
      memory.fill(0, end, start);
      memory.set(bytes, start);
      end = start + bytes.length;
    }
    memory.fill(0, end);
  }
}

interface Header {
  readonly length: number;
  /** Start and length in bytes of each part of the memory that the image contains. */
  readonly runs: readonly (readonly [number, number])[];
}

/** Yields the parts of a memory that are not pages of zeros. */
function* runsOf(memory: Uint8Array): Generator<Run> {
  let start: number | undefined;
  for (let at = 0; at < memory.length; at += PAGE_BYTES) {
    if (!isZeroPage(memory, at)) start ??= at;
    else if (start !== undefined) {
      yield { start, bytes: memory.subarray(start, at) };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, bytes: memory.subarray(start) };
}

/** Compares within the memory, because a view of each page would take longer than the comparison. */
function isZeroPage(memory: Uint8Array, at: number): boolean {
  const end = Math.min(at + PAGE_BYTES, memory.length);
  return memory[at] === 0 && ZERO_PAGE.compare(memory, at, end, 0, end - at) === 0;
}
