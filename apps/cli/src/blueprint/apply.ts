import { formatReport } from '@gatehouse/blueprints';
import { applyFiles, migrateAll, openLocalState, openPostgres, readFiles, sealKeysOf } from '@gatehouse/local';
import { parseCommandArguments } from '../command.js';

/** Applies blueprints, all of them or none, and says what that did. */
export async function apply(args: readonly string[]): Promise<string> {
  const { values, names } = parseCommandArguments(args, { strict: { type: 'boolean', default: false } });
  const files = await readFiles(names);
  const postgres = await openPostgres(openLocalState);
  try {
    if (postgres.embedded) await migrateAll(postgres.url);
    const given = { sealKeys: await sealKeysOf(), strict: values.strict };
    return formatReport(await applyFiles(postgres.url, files, given));
  } finally {
    await postgres.stop();
  }
}
