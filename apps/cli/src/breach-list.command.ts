import { open, rename, rm } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import { BREACH_LIST_HEADER } from '@gatehouse/policies';
import type { Command } from './command.js';
import { linesOf } from './file-lines.js';

const USAGE =
  'usage: npm run breach-list -- build FILE LIST   writes a list of breached passwords for BREACH_LIST. FILE has a SHA-1 hash in each line, in ascending order, such as the files of Have I Been Pwned';

/** A hash in hexadecimal digits, with an optional count of its leaks. */
const LINE = /^([0-9A-Fa-f]{40})(:\d+)?$/;
/** Number of bytes that are written at once. */
const CHUNK_BYTES = 1024 * 1024;

/** `npm run breach-list`: writes the list of breached passwords that risk policies read. */
export const breachListCommand: Command = {
  name: 'breach-list',
  usage: USAGE,
  run: async (args) => {
    const [verb, source, target, ...more] = args;
    if (verb !== 'build' || source === undefined || target === undefined || more.length > 0)
      throw new CommandError(USAGE);
    const partial = `${target}.partial`;
    try {
      const count = await writeList(source, partial);
      await rename(partial, target);
      return `${count} hashes written to ${target}. Set BREACH_LIST to this file and restart the service policy.`;
    } catch (error) {
      await rm(partial, { force: true });
      const { code, path } = error as NodeJS.ErrnoException;
      throw code === 'ENOENT' ? new CommandError(`${path} does not exist`, { cause: error }) : error;
    }
  },
};

/**
 * Writes each hash of a file once. Returns the number of hashes. Throws CommandError for a line that is out of order.
 */
async function writeList(source: string, target: string): Promise<number> {
  const file = await open(target, 'w');
  try {
    let [count, last] = [0, ''];
    let chunk: Buffer[] = [BREACH_LIST_HEADER];
    for await (const { text, number } of linesOf(source)) {
      const hash = LINE.exec(text.trim())?.[1]?.toLowerCase();
      if (hash === undefined) throw new CommandError(`line ${number} of ${source} is no SHA-1 hash`);
      if (hash < last)
        throw new CommandError(`line ${number} of ${source} is out of order. Sort it: LC_ALL=C sort -f FILE`);
      if (hash > last) {
        chunk.push(Buffer.from(hash, 'hex'));
        count++;
        last = hash;
      }
      if (chunk.length * BREACH_LIST_HEADER.length >= CHUNK_BYTES) {
        await file.write(Buffer.concat(chunk));
        chunk = [];
      }
    }
    await file.write(Buffer.concat(chunk));
    return count;
  } finally {
    await file.close();
  }
}
