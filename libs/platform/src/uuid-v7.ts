import { randomUUID } from 'node:crypto';

/**
 * Returns a UUID of version 7 (RFC 9562): the time in milliseconds and 74 random bits. Rows with such keys are inserted
 * side by side in an index, where random keys would each change another page. It reveals when it was made. For a secret,
 * use `randomUUID`.
 */
export function uuidV7(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // A random UUID has its version, 4, as its 15th character. The variant and the random bits after it stay.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
