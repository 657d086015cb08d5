import { attemptHmacKey, userSubject } from '@gatehouse/executor';
import type { DataSource } from 'typeorm';
import { PostgresAttemptStore } from './postgres-attempt-store.js';

/** Forgets every failed attempt at a user's credentials, also of one that is disabled for good; which credentials had some. */
export const unlockUser = (source: DataSource, secretKey: string, uuid: string): Promise<readonly string[]> =>
  new PostgresAttemptStore(source).unlock(userSubject(attemptHmacKey(secretKey), uuid));
