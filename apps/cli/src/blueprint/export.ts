import { writeFile } from 'node:fs/promises';
import { exportFlow, FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, openMigratedPostgres, sealKeysOf } from '@gatehouse/local';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { type CommandProcess, parseCommandArguments } from '../command.js';

/** Exports a flow as a blueprint. Writes the blueprint to the file of `--output`, or to standard output. */
export async function exportBlueprint(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { output: { type: 'string' } });
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError('Only one flow can be exported at a time.');
  const text = await exportedText(slug, env);
  if (values.output === undefined) return text.trimEnd();
  await writeFile(values.output, text);
  return `wrote ${values.output}`;
}

async function exportedText(slug: string, env: NodeJS.ProcessEnv): Promise<string> {
  const postgres = await openMigratedPostgres(env);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    try {
      const keys = await sealKeysOf(env);
      return await exportFlow({ source, slug, sealer: keys === undefined ? undefined : new Sealer(keys) });
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
