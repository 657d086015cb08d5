import { DIRECTORY_SCHEMA, directoryEntities, TypeormDirectoryStore } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { EnrollmentTransactions } from '../src/enrollment/enrollment-transaction.js';

/** Opens a migrated database, for tests of the stages that write users. */
export async function openEnrollmentDatabase() {
  const database = await migratedDatabase();
  const { url } = database;
  const source = await openDataSource({ url, schema: DIRECTORY_SCHEMA, entities: directoryEntities, poolSize: 10 });
  return {
    url,
    source,
    directory: new TypeormDirectoryStore(source.manager),
    transactions: new EnrollmentTransactions(source),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export type EnrollmentDatabase = Awaited<ReturnType<typeof openEnrollmentDatabase>>;
