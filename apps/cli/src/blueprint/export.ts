import { writeFile } from 'node:fs/promises';
import { exportFlow, FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, openLocalState, openPostgres, sealKeysOf } from '@gatehouse/local';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { parseCommandArguments } from '../command.js';

/** Writes a flow as a blueprint, to a file or as the answer. */
export async function exportOne(args: readonly string[]): Promise<string> {
  const { values, names } = parseCommandArguments(args, { output: { type: 'string' } });
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError('one flow is exported at a time');
  const text = await read(slug);
  if (values.output === undefined) return text.trimEnd();
  await writeFile(values.output, text);
  return `wrote ${values.output}`;
}

async function read(slug: string): Promise<string> {
  const postgres = await openPostgres(openLocalState);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    try {
      const keys = await sealKeysOf();
      return await exportFlow({ source, slug, sealer: keys === undefined ? undefined : new Sealer(keys) });
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
