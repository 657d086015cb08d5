import { formatReport } from '@gatehouse/blueprints';
import { applyFiles, readFiles } from './apply-files.js';
import { CommandError, runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState, sealKeysOf } from './local-state.js';
import { migrateAll } from './migrate-all.js';

const USAGE = 'usage: npm run blueprint -- apply FILE…';

await runCommand('blueprint', async ([verb, ...names]) => {
  if (verb !== 'apply' || names.length === 0) throw new CommandError(USAGE);
  const files = await readFiles(names);
  const postgres = await openPostgres(openLocalState);
  try {
    if (postgres.embedded) await migrateAll(postgres.url);
    return formatReport(await applyFiles(postgres.url, files, { sealKeys: await sealKeysOf() }));
  } finally {
    await postgres.stop();
  }
});
