import { migrateAll, openLocalState, openPostgres } from '@gatehouse/local';
import { runCommand } from './command.js';

await runCommand('migrate', async () => {
  const postgres = await openPostgres(openLocalState);
  try {
    const done = await migrateAll(postgres.url);
    return done.length > 0 ? `migrated: ${done.join(', ')}` : 'nothing to migrate';
  } finally {
    await postgres.stop();
  }
});
