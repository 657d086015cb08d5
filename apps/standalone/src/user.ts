import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { TypeormUsers } from '@gatehouse/directory';
import { unlockUser } from '@gatehouse/gateway';
import { openDataSource } from '@gatehouse/platform';
import { CommandError, runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState } from './local-state.js';

const USAGE = 'usage: npm run user -- unlock USERNAME';

await runCommand('user', async ([verb, username]) => {
  if (verb !== 'unlock' || !username) throw new CommandError(USAGE);
  const postgres = await openPostgres(openLocalState);
  try {
    return await unlock(postgres.url, process.env['SECRET_KEY'] || (await openLocalState()).secretKey, username);
  } finally {
    await postgres.stop();
  }
});

async function unlock(url: string, secretKey: string, username: string): Promise<string> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, poolSize: 1 });
  try {
    const user = await new TypeormUsers(source).find(username, { fields: ['username'], caseInsensitive: true });
    if (!user) throw new CommandError(`there is no user ${username}`);
    const credentials = await unlockUser(source, secretKey, user.uuid);
    return credentials.length > 0
      ? `unlocked for ${username}: ${credentials.join(', ')}`
      : `${username} was not locked`;
  } finally {
    await source.destroy();
  }
}
