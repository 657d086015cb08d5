import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, missingKeysHint, openMigratedPostgres, sealKeysOf } from '@gatehouse/local';
import { openDataSource, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/**
 * Runs `work` on the database of a deployment, with the sealer of its gateways. Throws CommandError if SEAL_KEYS is
 * missing.
 */
export async function withSealedFlowDatabase<T>(
  env: NodeJS.ProcessEnv,
  work: (source: DataSource, sealer: Sealer) => Promise<T>,
): Promise<T> {
  const keys = await sealKeysOf(env);
  if (keys === undefined)
    throw new CommandError(`SEAL_KEYS is missing. Set it to the seal keys of the gateway. ${missingKeysHint(env)}`);
  return withFlowDatabase(env, (source) => work(source, new Sealer(keys)));
}

/** Runs `work` on the database of a deployment. */
export async function withFlowDatabase<T>(
  env: NodeJS.ProcessEnv,
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const postgres = await openMigratedPostgres(env);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 2 });
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
