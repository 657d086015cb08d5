import type { DataSource } from 'typeorm';
import { TypeormAttempts } from './adapters/typeorm-attempts.js';
import { attemptsKey, userSubject } from './execution/attempts.js';

/** Forgets every failed attempt at a user's credentials, also of one that is disabled for good; which credentials had some. */
export const unlockUser = (source: DataSource, secretKey: string, uuid: string): Promise<readonly string[]> =>
  new TypeormAttempts(source).unlock(userSubject(attemptsKey(secretKey), uuid));
