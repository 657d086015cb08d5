import { runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState } from './local-state.js';
import { migrateAll } from './migrate-all.js';

await runCommand('migrate', async () => {
  const postgres = await openPostgres(openLocalState);
  try {
    const done = await migrateAll(postgres.url);
    return done.length > 0 ? `migrated: ${done.join(', ')}` : 'nothing to migrate';
  } finally {
    await postgres.stop();
  }
});
