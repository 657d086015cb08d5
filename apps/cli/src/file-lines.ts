import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface FileLine {
  readonly text: string;
  /** Number of the line, from 1. Empty lines count. */
  readonly number: number;
  /** Bytes of the file that have been read so far. */
  readonly bytes: number;
}

/** Yields the lines of a file that are not empty. */
export async function* linesOf(file: string): AsyncGenerator<FileLine> {
  const stream = createReadStream(file);
  let number = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (text.trim() !== '') yield { text, number, bytes: stream.bytesRead };
  }
}
