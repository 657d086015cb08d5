import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Number of bytes of a SHA-1 hash, and of the header of a list. */
export const HASH_BYTES = 20;
/** The first bytes of a list. The sorted hashes follow without separators. */
export const BREACH_LIST_HEADER = Buffer.from('gatehouse breach 01\n');

/**
 * A file with the SHA-1 hashes of leaked passwords in ascending order, which `npm run breach-list` writes. Only the
 * hashes that a search compares are read.
 */
export class BreachList {
  private constructor(
    private readonly file: FileHandle,
    private readonly count: number,
  ) {}

  /** Opens a list. Throws Error if the file is not a list, or was cut off. */
  static async open(path: string): Promise<BreachList> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(HASH_BYTES), 0, HASH_BYTES, 0);
      if (!buffer.equals(BREACH_LIST_HEADER) || size % HASH_BYTES !== 0)
        throw new Error(
          `${path} is no list of breached passwords. Write one with npm run breach-list -- build FILE ${path}`,
        );
      return new BreachList(file, size / HASH_BYTES - 1);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Returns whether the list has a password. */
  async has(password: string): Promise<boolean> {
    const wanted = createHash('sha1').update(password).digest();
    for (let [low, high] = [0, this.count - 1]; low <= high; ) {
      const middle = Math.floor((low + high) / 2);
      const order = (await this.hashAt(middle)).compare(wanted);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async hashAt(index: number): Promise<Buffer> {
    const { buffer } = await this.file.read(Buffer.alloc(HASH_BYTES), 0, HASH_BYTES, (index + 1) * HASH_BYTES);
    return buffer;
  }
}
