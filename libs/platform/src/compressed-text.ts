import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const [compress, decompress] = [promisify(gzip), promisify(gunzip)];

/** Returns a text compressed by gzip and encoded in base64, for a JSON message. */
export async function compressText(text: string): Promise<string> {
  return (await compress(text)).toString('base64');
}

/** Returns the original of a text from `compressText`. Throws RangeError if it is longer than `maxBytes`. */
export async function decompressText(compressed: string, maxBytes: number): Promise<string> {
  const options = { maxOutputLength: maxBytes };
  return (await decompress(Buffer.from(compressed, 'base64'), options)).toString('utf8');
}
