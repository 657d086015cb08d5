import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface FileLine {
  readonly text: string;
  readonly number: number;
  /** Of the file, so far. */
  readonly bytes: number;
}

/** The lines of a file, one at a time, with how far it has been read; empty ones are left out. */
export async function* linesOf(file: string): AsyncGenerator<FileLine> {
  const stream = createReadStream(file);
  let number = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (text.trim() !== '') yield { text, number, bytes: stream.bytesRead };
  }
}
