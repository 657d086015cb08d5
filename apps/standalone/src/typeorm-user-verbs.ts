import { TypeormRegister, type TypeormUsers } from '@gatehouse/directory';
import { removeSessions, unlockUser } from '@gatehouse/gateway';
import type { DataSource } from 'typeorm';
import { openLocalState } from './local-state.js';

type User = NonNullable<Awaited<ReturnType<TypeormUsers['find']>>>;
type Verb = (source: DataSource, user: User) => Promise<string>;

const unlock: Verb = async (source, { uuid, username }) => {
  const secretKey = process.env['SECRET_KEY'] || (await openLocalState()).secretKey;
  const credentials = await unlockUser(source, secretKey, uuid);
  return credentials.length > 0 ? `unlocked for ${username}: ${credentials.join(', ')}` : `${username} was not locked`;
};

/** The epoch ends every login, also one under way; the rows go so that it can be said how many there were. */
const endSessions: Verb = async (source, { pk, uuid, username }) => {
  const ended = await source.transaction(async (manager) => {
    await new TypeormRegister(manager).endSessions(pk);
    return removeSessions(manager, uuid);
  });
  return `${ended} ended of ${username}`;
};

/** What an operator can do to a user, by the word for it; what each says. */
export const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['unlock', unlock],
  ['end-sessions', endSessions],
]);
