import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities, TypeormUsers } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import { CommandError, runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState } from './local-state.js';
import { VERBS } from './typeorm-user-verbs.js';

const USAGE = `usage: npm run user -- ${[...VERBS.keys()].join('|')} USERNAME`;

await runCommand('user', async ([name = '', username]) => {
  const verb = VERBS.get(name);
  if (!verb || !username) throw new CommandError(USAGE);
  const postgres = await openPostgres(openLocalState);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    try {
      const user = await new TypeormUsers(source).find(username, { fields: ['username'], caseInsensitive: true });
      if (!user) throw new CommandError(`there is no user ${username}`);
      return await verb(source, user);
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
});
