import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities, TypeormRegister, TypeormUsers } from '@gatehouse/directory';
import { removeSessions, unlockUser } from '@gatehouse/gateway';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { CommandError, runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState } from './local-state.js';

type User = NonNullable<Awaited<ReturnType<TypeormUsers['find']>>>;

const VERBS: Readonly<Record<string, (source: DataSource, user: User) => Promise<string>>> = {
  unlock,
  'end-sessions': endSessions,
};
const USAGE = `usage: npm run user -- ${Object.keys(VERBS).join('|')} USERNAME`;

await runCommand('user', async ([name = '', username]) => {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb || !username) throw new CommandError(USAGE);
  const postgres = await openPostgres(openLocalState);
  try {
    return await withUser(postgres.url, username, verb);
  } finally {
    await postgres.stop();
  }
});

async function withUser(url: string, username: string, verb: NonNullable<(typeof VERBS)[string]>): Promise<string> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 1 });
  try {
    const user = await new TypeormUsers(source).find(username, { fields: ['username'], caseInsensitive: true });
    if (!user) throw new CommandError(`there is no user ${username}`);
    return await verb(source, user);
  } finally {
    await source.destroy();
  }
}

async function unlock(source: DataSource, { uuid, username }: User): Promise<string> {
  const secretKey = process.env['SECRET_KEY'] || (await openLocalState()).secretKey;
  const credentials = await unlockUser(source, secretKey, uuid);
  return credentials.length > 0 ? `unlocked for ${username}: ${credentials.join(', ')}` : `${username} was not locked`;
}

/** The epoch ends logins that are under way too; the rows would end no sooner without it, but nobody would see it. */
async function endSessions(source: DataSource, { pk, uuid, username }: User): Promise<string> {
  const ended = await source.transaction(async (manager) => {
    await new TypeormRegister(manager).endSessions(pk);
    return removeSessions(manager, uuid);
  });
  return `${ended} ended of ${username}`;
}
