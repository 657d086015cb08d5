import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const [compress, decompress] = [promisify(gzip), promisify(gunzip)];

/** Compresses a text by gzip, and encodes it in base64 so that a JSON message can contain it. */
export async function compressText(text: string): Promise<string> {
  return (await compress(text)).toString('base64');
}

/** Returns the text of `compressText`. Throws RangeError if it is longer than `maxBytes`. */
export async function decompressText(compressed: string, maxBytes: number): Promise<string> {
  const options = { maxOutputLength: maxBytes };
  return (await decompress(Buffer.from(compressed, 'base64'), options)).toString('utf8');
}
