import { randomUUID } from 'node:crypto';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import type { SavedUser } from '@gatehouse/contracts';
import { directoryEntities, TypeormDirectoryStore } from '@gatehouse/directory';
import { flowOf } from '@gatehouse/executor/testing';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { migratedDatabase } from '../../../test/support/postgres.js';

/** Creates a database with all schemas and no rows. */
export async function flowDatabase({ poolSize = 10 } = {}): Promise<{
  url: string;
  source: DataSource;
  close(): Promise<void>;
}> {
  const database = await migratedDatabase();
  const source = await openDataSource({
    url: database.url,
    schema: FLOW_SCHEMA,
    entities: directoryEntities,
    poolSize,
  });
  return {
    url: database.url,
    source,
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

/** Publishes a flow under `slug`, by default one without steps. Returns the ids of the flow and its version. */
export async function publish(
  source: DataSource,
  slug: string,
  version = flowOf([]),
): Promise<{ flowId: string; versionId: string }> {
  const [flowId, versionId] = [randomUUID(), randomUUID()];
  await source.query(
    'INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES ($1, $2, 1, $3, $4)',
    [...[versionId, flowId, JSON.stringify(version), Buffer.from(slug)]],
  );
  await source.query('INSERT INTO flow.flows (id, slug, designation, version_id) VALUES ($1, $2, $3, $4)', [
    ...[flowId, slug, 'authentication', versionId],
  ]);
  return { flowId, versionId };
}

/** Creates a user with a random name. Returns the user in the form that plans contain. */
export async function enrol(source: DataSource): Promise<SavedUser> {
  const { pk, uuid, username, name, email, is_active, epoch } = await new TypeormDirectoryStore(
    source.manager,
  ).createUser({
    username: `user-${randomUUID()}`,
  });
  return { kind: 'saved', pk, uuid, username, name, email, is_active, epoch, locale: '' };
}
