import { migrateAll, openPostgres } from '@gatehouse/local';
import type { Command } from './command.js';

/** `npm run migrate`: brings all schemas up to date. */
export const migrateCommand: Command = {
  name: 'migrate',
  run: async (_args, { env }) => {
    const postgres = await openPostgres(env);
    try {
      const migrated = await migrateAll(postgres.url);
      return migrated.length > 0 ? `migrated: ${migrated.join(', ')}` : 'nothing to migrate';
    } finally {
      await postgres.stop();
    }
  },
};
