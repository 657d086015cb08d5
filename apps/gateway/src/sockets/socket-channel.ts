import { hash } from 'node:crypto';

/** Largest number of session keys in the cookies of one request that name channels. Further keys are ignored. */
export const MAX_CHANNELS = 4;

/**
 * Returns the name under which messages for a session travel over the bus. `key` is the stored hash of a session key. The
 * name reveals neither the key nor that hash.
 */
export const socketChannel = (key: Buffer): string =>
  hash('sha256', Buffer.concat([Buffer.from('gatehouse socket channel\0'), key]), 'base64url');
