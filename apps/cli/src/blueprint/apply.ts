import { formatReport } from '@gatehouse/blueprints';
import { applyFiles, blueprintsFolder, migrateAll, openPostgres, readFiles, sealKeysOf } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';

/** Applies blueprints, all of them or none, and returns a report of the changes. */
export async function applyBlueprintFiles(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { strict: { type: 'boolean', default: false } });
  const files = await readFiles(names);
  const postgres = await openPostgres(env);
  try {
    if (postgres.embedded) await migrateAll(postgres.url);
    const options = { env, folder: blueprintsFolder(env), sealKeys: await sealKeysOf(env), strict: values.strict };
    return formatReport(await applyFiles(postgres.url, files, options));
  } finally {
    await postgres.stop();
  }
}
