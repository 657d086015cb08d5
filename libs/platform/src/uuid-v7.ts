import { randomUUID } from 'node:crypto';

/**
 * Returns a UUID of version 7 (RFC 9562): the time in milliseconds and 74 random bits. An index stores such keys next
 * to each other, whereas each random key would change another page. The UUID reveals when it was made and is no secret;
 * use `randomUUID` for secrets.
 */
export function uuidV7(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // The 15th character of a random UUID is its version, 4. The variant and the random bits after it are kept.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Returns the time in milliseconds of a UUID of version 7. */
export const timeOfUuidV7 = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
