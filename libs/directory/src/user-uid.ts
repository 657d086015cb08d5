import { createHmac } from 'node:crypto';

/** Returns the identifier of a user for other systems, made with a key. It does not reveal the user's id. */
export const uidOf = (uuid: string, key: string): string =>
  createHmac('sha256', key).update(`uid:${uuid}`).digest('hex');
